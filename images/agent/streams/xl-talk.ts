// What `xl migrate` and `xl migrate-receive` say to one another beside the guest's memory (xl_migrate.c, Xen 4.17 and 4.20: the same
// octets), and what xl says of its end. The three words after the banner go with the NUL that C ends them with. Pure.

/** From the target, before anything is sent. */
export const BANNER = Buffer.from('xl migration receiver ready, send binary domain data.\n')
/** From the target: the guest is built, and paused. */
export const READY = Buffer.from('domain received, ready to unpause\0')
/** From the source: it has given the guest up. From the target, after a report of failure: the source may have it back. */
export const YOURS = Buffer.from('domain is yours, you are cleared to unpause\0')
/** From the target; one octet follows: 0 when the guest goes on there. */
const REPORT = Buffer.from('my copy unpause results are as follows\0')

export const STARTED = Buffer.concat([REPORT, Buffer.from([0])])
export const FAILED = Buffer.concat([REPORT, Buffer.from([1]), YOURS])

export type Said =
  | { readonly kind: 'banner' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'report'; readonly code: number }
  /** The source may have it back. */
  | { readonly kind: 'returned' }
  | { readonly kind: 'odd' }

const EXPECTED = [
  { kind: 'banner', octets: BANNER, more: 0 },
  { kind: 'ready', octets: READY, more: 0 },
  { kind: 'report', octets: REPORT, more: 1 },
  { kind: 'returned', octets: YOURS, more: 0 },
] as const

/** Reads what xl migrate-receive says, in the order in which it says it. */
export class TargetTalk {
  #part: Buffer = Buffer.alloc(0)
  #next = 0

  read(octets: Buffer): readonly Said[] {
    const said: Said[] = []
    this.#part = Buffer.concat([this.#part, octets])
    while (this.#part.length > 0) {
      const expected = EXPECTED[this.#next]
      const known = expected ? this.#part.subarray(0, expected.octets.length) : Buffer.alloc(0)
      if (!expected?.octets.subarray(0, known.length).equals(known)) {
        this.#part = Buffer.alloc(0)
        return [...said, { kind: 'odd' }]
      }
      const length = expected.octets.length + expected.more
      if (this.#part.length < length) break
      said.push(expected.kind === 'report' ? { kind: 'report', code: this.#part.readUInt8(length - 1) } : { kind: expected.kind })
      this.#part = this.#part.subarray(length)
      this.#next += 1
    }
    return said
  }
}

/** Takes what the source's xl says after it has the word, until it is the whole of YOURS. */
export class SourceTalk {
  #part: Buffer = Buffer.alloc(0)

  read(octets: Buffer): 'part' | 'yours' | 'odd' {
    this.#part = Buffer.concat([this.#part, octets])
    if (!YOURS.subarray(0, this.#part.length).equals(this.#part.subarray(0, YOURS.length)) || this.#part.length > YOURS.length) return 'odd'
    return this.#part.length === YOURS.length ? 'yours' : 'part'
  }
}

/** Said by libxl at level debug (libxl_dom_suspend.c): the guest does not run from here on. */
export function saysSuspended(stderr: string): boolean {
  return /guest has suspended/.test(stderr)
}

export type SourceEnd =
  | { readonly kind: 'moved' }
  /** It goes on here; it may never have stood still. */
  | { readonly kind: 'resumed' }
  | { readonly kind: 'not-suspended' }
  /** By a signal: whether it had given the guest up, its domains tell. */
  | { readonly kind: 'killed' }
  /** Nobody knows: look on both hosts. */
  | { readonly kind: 'undefined' }

/** By the exit code and the last words of `xl migrate`. Undefined code: nobody saw its end. */
export function endOfSource(code: number | undefined, stderr: string): SourceEnd {
  if (code === 0) return { kind: 'moved' }
  if (/failed to suspend at sender/.test(stderr)) return { kind: 'not-suspended' }
  if (/Migration failed during final handshake|Domain state is now undefined/.test(stderr)) return { kind: 'undefined' }
  if (/Migration failed, resuming at sender|Migration failed due to problems at target/.test(stderr)) return { kind: 'resumed' }
  if (code === undefined) return { kind: 'undefined' }
  // Before it had anything to take back: xl ends with a word of its own, or libxl's.
  return { kind: code > 128 ? 'killed' : 'resumed' }
}

/** Of libxl and the libraries below it: `xencall:buffer: debug: cache hits:22`. */
const CHATTER = /^([\w-]+:)*\s*(debug|verbose|detail|progress|info):/i

/** What a person may want to read of all that xl has said: without its libraries' debug lines, the end of it. */
export function sayXl(stderr: string, most = 300): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !CHATTER.test(line))
  const said = [...new Set(lines)].join('; ')
  return said.length <= most ? said : `… ${said.slice(-most)}`
}
