// Reads along in xl's stream which round over the guest's memory it is in, and how much that had: xl's header, libxl's (libxl-migration-
// stream.pandoc, version 2) and libxc's (libxc-migration-stream.pandoc, versions 2 and 3) records, of pages the first number alone. What it
// does not know it does not judge: then there is no forecast. Pure.

const XL_HEADER = 48
const XL_MAGIC = 'Xen saved domain, xl format'
const LIBXL_HEADER = 16
const LIBXC_HEADERS = 40
const RECORD = 8
const LIBXC_CONTEXT = 1
const PAGE_DATA = 1
/** count, reserved, the first page's number. */
const PAGES = 16
/** libxc ends its rounds after so many (xc_sr_save.c, SPP_MAX_ITERATIONS), or when fewer than 50 pages are left. */
const MOST_ROUNDS = 5

type At = 'xl' | 'libxl' | 'libxl record' | 'libxc' | 'libxc record' | 'pages' | 'lost'

export class Rounds {
  #at: At = 'xl'
  /** Of what is read next; and octets that are passed by before. */
  #wanted = XL_HEADER
  #skip = 0
  #part: Buffer = Buffer.alloc(0)
  #body = 0
  #first = -1n
  #round = 0
  #bytes = 0

  /** Of the last round, where that was as many as there may be: about as much is left. Undefined: hardly anything, or nobody knows. */
  get last(): number | undefined {
    return this.#at !== 'lost' && this.#round >= MOST_ROUNDS ? this.#bytes : undefined
  }

  read(octets: Buffer): void {
    let rest = octets
    while (rest.length > 0 && this.#at !== 'lost') {
      if (this.#skip > 0) {
        const passed = Math.min(this.#skip, rest.length)
        this.#skip -= passed
        rest = rest.subarray(passed)
        continue
      }
      const piece = rest.subarray(0, this.#wanted - this.#part.length)
      this.#part = this.#part.length === 0 ? piece : Buffer.concat([this.#part, piece])
      rest = rest.subarray(piece.length)
      if (this.#part.length < this.#wanted) {
        // The chunk that it is a part of is not kept.
        this.#part = Buffer.from(this.#part)
        return
      }
      const whole = this.#part
      this.#part = Buffer.alloc(0)
      this.#take(whole)
    }
  }

  #take(whole: Buffer): void {
    switch (this.#at) {
      case 'xl':
        if (whole.toString('latin1', 0, XL_MAGIC.length) !== XL_MAGIC) {
          this.#next('lost', 0)
          return
        }
        this.#next('libxl', LIBXL_HEADER, whole.readUInt32LE(44))
        return
      case 'libxl':
        if (whole.toString('latin1', 0, 8) === 'LibxlFmt') this.#next('libxl record', RECORD)
        else this.#next('lost', 0)
        return
      case 'libxl record':
        if (whole.readUInt32LE(0) === LIBXC_CONTEXT) {
          this.#next('libxc', LIBXC_HEADERS)
          return
        }
        this.#next('libxl record', RECORD, padded(whole.readUInt32LE(4)))
        return
      case 'libxc':
        if (whole.toString('latin1', 8, 12) === 'XENF') this.#next('libxc record', RECORD)
        else this.#next('lost', 0)
        return
      case 'libxc record': {
        this.#body = padded(whole.readUInt32LE(4))
        if (whole.readUInt32LE(0) === PAGE_DATA && this.#body >= PAGES) {
          this.#next('pages', PAGES)
          return
        }
        this.#next('libxc record', RECORD, this.#body)
        return
      }
      case 'pages': {
        const first = whole.readBigUInt64LE(8) & 0xf_ffff_ffff_ffffn
        if (first <= this.#first || this.#round === 0) {
          this.#round += 1
          this.#bytes = 0
        }
        this.#first = first
        this.#bytes += this.#body
        this.#next('libxc record', RECORD, this.#body - PAGES)
        return
      }
      case 'lost':
        return
    }
  }

  #next(at: At, wanted: number, skip = 0): void {
    this.#at = at
    this.#wanted = wanted
    this.#skip = skip
  }
}

function padded(length: number): number {
  return Math.ceil(length / 8) * 8
}
