// A connection to an SMTP server: lines to it, replies of it, TLS on the way. Whatever comes, and whenever it ends, is an error of who
// waits; after so long it ends.
import { connect, isIP, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { after } from '../../../appliance/wire/timers.ts'
import { Replies, type Reply } from './replies.ts'

export interface ServerOptions {
  readonly host: string
  readonly port: number
  /** From the first byte on. */
  readonly tls: 'implicit' | 'later'
  /** PEM; left out: those that Node.js knows. */
  readonly authority: string | undefined
  readonly lookup: LookupFunction
  /** For all of it, ms. */
  readonly patience: number
}

/** What a server may say that nobody waits for, bytes. */
const MOST_UNHEARD = 65_536
/** Until what was said last has gone, ms. */
const LAST_WORDS = 1000

export class MailServer {
  readonly #options: ServerOptions
  readonly #endPatience: () => void
  #socket: Socket | TLSSocket
  #replies = new Replies()
  #waiting: { readonly resolve: (reply: Reply) => void; readonly reject: (error: Error) => void } | undefined
  /** Until it is connected. */
  #refuse: ((error: Error) => void) | undefined
  #unheard = 0
  #fault: Error | undefined

  /** Rejects where none answers, or its certificate is not that of its name. */
  static async reach(options: ServerOptions): Promise<MailServer> {
    const server = new MailServer(options)
    try {
      await server.#ready(options.tls === 'implicit' ? 'secureConnect' : 'connect')
      return server
    } catch (error) {
      server.close()
      throw error
    }
  }

  private constructor(options: ServerOptions) {
    this.#options = options
    const { host, port, lookup, tls, patience } = options
    this.#endPatience = after(patience, () => this.#fail(new Error(`it was not done within ${Math.round(patience / 1000)} s`)))
    this.#socket = tls === 'implicit' ? connectTls({ ...this.#tlsOptions(), port, lookup }) : connect({ host, port, lookup })
    this.#listen()
  }

  /** As the server sees it, for EHLO: nobody is told the name of this machine. */
  get ownAddress(): string {
    const address = this.#socket.localAddress ?? '127.0.0.1'
    return isIP(address) === 6 ? `[IPv6:${address}]` : `[${address}]`
  }

  /** Its next reply. */
  hear(): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.#fault) return reject(this.#fault)
      this.#waiting = { resolve, reject }
      this.#look()
    })
  }

  /** A line without its end, and the reply to it. */
  say(line: string): Promise<Reply> {
    if (/[\r\n\0]/.test(line)) return Promise.reject(new Error('a line for a mail server is one line'))
    return this.write(`${line}\r\n`)
  }

  /** As it is. */
  write(text: string): Promise<Reply> {
    if (!this.#fault) this.#socket.write(text, 'latin1')
    return this.hear()
  }

  /** After the server has said that it is ready for it. What it has said in the clear beyond that counts for nothing, and is a fault. */
  async secure(): Promise<void> {
    if (this.#replies.hasMore) throw new Error('it goes on in the clear after it was asked for TLS')
    const plain = this.#socket
    plain.removeAllListeners('data').removeAllListeners('close')
    this.#socket = connectTls({ ...this.#tlsOptions(), socket: plain })
    this.#listen()
    await this.#ready('secureConnect')
  }

  /** `line`: said, whatever becomes of it. */
  close(line?: string): void {
    this.#endPatience()
    this.#fault ??= new Error('the connection is closed')
    if (line !== undefined && !this.#socket.destroyed) this.#socket.end(`${line}\r\n`)
    else this.#socket.destroy()
    after(LAST_WORDS, () => this.#socket.destroy())
  }

  #tlsOptions() {
    const { host, authority } = this.#options
    return {
      host,
      minVersion: 'TLSv1.2' as const,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(authority === undefined ? {} : { ca: authority }),
    }
  }

  #listen(): void {
    this.#socket
      .on('error', (error) => this.#fail(error))
      .on('close', () => this.#fail(new Error('the server ended the connection')))
      .on('data', (bytes: Buffer) => {
        this.#unheard += bytes.length
        if (this.#fault) return
        this.#replies.take(bytes)
        if (this.#waiting) this.#look()
        else if (this.#unheard > MOST_UNHEARD) this.#fail(new Error('the server says more than it was asked'))
      })
  }

  #ready(event: 'connect' | 'secureConnect'): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#fault) return reject(this.#fault)
      this.#refuse = reject
      this.#socket.once(event, () => {
        this.#refuse = undefined
        if (this.#fault) reject(this.#fault)
        else resolve()
      })
    })
  }

  #look(): void {
    const heard = this.#replies.next()
    if (heard.kind === 'unfinished') return
    if (heard.kind === 'nonsense') this.#fail(new Error(`the server sends ${heard.reason}`))
    else {
      const waiting = this.#waiting
      this.#waiting = undefined
      this.#unheard = 0
      waiting?.resolve(heard.reply)
    }
  }

  #fail(error: Error): void {
    this.#fault ??= error
    this.#refuse?.(this.#fault)
    this.#waiting?.reject(this.#fault)
    this.#waiting = undefined
    this.#socket.destroy()
  }
}
