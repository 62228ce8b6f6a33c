// Passwords as scrypt (RFC 7914) hashes them: `scrypt$N$r$p$salt$hash`, salt and hash in base64url. Each costs 128 MiB and
// a quarter of a second, so few run at a time and not many wait.
import { scrypt, timingSafeEqual } from 'node:crypto'

export interface ScryptCost {
  /** A power of two. */
  readonly N: number
  readonly r: number
  readonly p: number
}

export const SCRYPT_COST: ScryptCost = { N: 2 ** 17, r: 8, p: 1 }

const AT_ONCE = 2
const MOST_WAITING = 32
const KEY_BYTES = 32
const SALT_BYTES = 16

/** Too many passwords are being looked at. */
export class PasswordsBusy extends Error {
  override readonly name = 'PasswordsBusy'
}

export class Passwords {
  readonly #cost: ScryptCost
  readonly #randomBytes: (size: number) => Buffer
  /** That of nobody: an unknown user costs the same work as a wrong password. */
  readonly #nobody: string
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(cost: ScryptCost, randomBytes: (size: number) => Buffer) {
    this.#cost = cost
    this.#randomBytes = randomBytes
    this.#nobody = format(cost, randomBytes(SALT_BYTES), randomBytes(KEY_BYTES))
  }

  /** Rejects with PasswordsBusy, here and below. */
  async hash(password: string): Promise<string> {
    const salt = this.#randomBytes(SALT_BYTES)
    return format(this.#cost, salt, await this.#derive(password, salt, this.#cost))
  }

  /** `stored` undefined: as long as with one, and false. */
  async matches(password: string, stored: string | undefined): Promise<boolean> {
    const { cost, salt, key } = parse(stored ?? this.#nobody)
    const equal = timingSafeEqual(await this.#derive(password, salt, cost), key)
    return equal && stored !== undefined
  }

  async #derive(password: string, salt: Buffer, { N, r, p }: ScryptCost): Promise<Buffer> {
    await this.#turn()
    try {
      return await new Promise((resolve, reject) => {
        // The same password, however a keyboard composes its letters (RFC 8265).
        scrypt(password.normalize('NFC'), salt, KEY_BYTES, { N, r, p, maxmem: 256 * N * r }, (error, key) =>
          error ? reject(error) : resolve(key),
        )
      })
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running -= 1
    }
  }

  /** Whoever ends hands its turn to the next. */
  async #turn(): Promise<void> {
    if (this.#running < AT_ONCE) {
      this.#running += 1
      return
    }
    if (this.#waiting.length >= MOST_WAITING) throw new PasswordsBusy('too many passwords are being looked at')
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }
}

function format({ N, r, p }: ScryptCost, salt: Buffer, key: Buffer): string {
  return ['scrypt', N, r, p, salt.toString('base64url'), key.toString('base64url')].join('$')
}

function parse(stored: string): { readonly cost: ScryptCost; readonly salt: Buffer; readonly key: Buffer } {
  const [kind, N, r, p, salt = '', key = ''] = stored.split('$')
  const parsed = {
    cost: { N: Number(N), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, 'base64url'),
    key: Buffer.from(key, 'base64url'),
  }
  if (kind !== 'scrypt' || parsed.key.length !== KEY_BYTES) throw new Error('the database holds a password hash of an unknown kind')
  return parsed
}
