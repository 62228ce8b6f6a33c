// A guest's console at this terminal: what the guest says is written as it comes, what is typed goes to it, until Ctrl-] or its end.
import WebSocket from 'ws'
import {
  CONSOLE_PATH,
  CONSOLE_PROTOCOL,
  type ConsoleNotice,
  consoleNotice,
  type OpenedConsole,
  TICKET_PREFIX,
} from '../../../contract/consoles.ts'
import type { ApiSettings } from '../api/settings.ts'
import { CommandFailure } from '../failure.ts'
import { oneLine } from '../output/text.ts'
import { typedIn } from './keys.ts'

export interface Streams {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean; setRawMode?(mode: boolean): unknown }
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean }
}

export const ownStreams = (): Streams => ({ input: process.stdin, output: process.stdout })

/** Colours off, cursor seen: a guest may have left them otherwise. */
const RESET = '\u001b[0m\u001b[?25h'

export interface Attaching {
  readonly settings: ApiSettings
  readonly console: OpenedConsole
  readonly streams: Streams
  /** To whoever sits there, beside what the guest says. */
  readonly say: (text: string) => void
}

/** Resolves when it was left, or has ended; rejects with a CommandFailure. */
export async function attachConsole({ settings, console: opened, streams, say }: Attaching): Promise<void> {
  const { url, authority, token } = settings
  const { input, output } = streams
  const socket = new WebSocket(`wss://${url.host}${CONSOLE_PATH}`, [CONSOLE_PROTOCOL, `${TICKET_PREFIX}${opened.ticket}`], {
    ...{ ca: authority, minVersion: 'TLSv1.3', perMessageDeflate: false, maxPayload: 1 << 20 },
    headers: { authorization: `Bearer ${token}` },
  })
  const types = opened.mode === 'type' && input.isTTY === true
  const note = (text: string): void => say(`\r\n[hostless: ${oneLine(text)}]\r\n`)
  const type = (octets: Buffer): void => {
    const { octets: typed, isDetached } = typedIn(octets)
    if (types && typed.length > 0) socket.send(typed, { binary: true })
    if (isDetached) socket.close(1000)
  }
  try {
    await new Promise<void>((resolve, reject) => {
      let ended: Extract<ConsoleNotice, { readonly kind: 'ended' }> | undefined
      socket.on('unexpected-response', (_request, response) => {
        reject(new CommandFailure(`the manager refused the console: HTTP ${response.statusCode}`))
        socket.terminate()
      })
      socket.on('open', () => {
        const leave = input.isTTY ? 'Ctrl-] detaches' : 'Ctrl-C ends this'
        note(`console of ${opened.guest.name}${types ? '' : ', to look at'}; ${leave}`)
        if (input.isTTY) input.setRawMode?.(true)
        if (input.isTTY) input.on('data', type).resume()
      })
      socket.on('message', (data: Buffer, isBinary) => {
        if (isBinary) {
          // A terminal that is stopped stops the manager, and nobody else.
          if (output.write(data)) return
          socket.pause()
          output.once('drain', () => socket.resume())
          return
        }
        const said = noticeIn(data.toString('utf8'))
        if (said?.kind === 'missed') note('some of it was not shown: it came faster than it could be')
        else if (said?.kind === 'note') note(said.text)
        else if (said) ended = said
      })
      socket.on('error', (error) => reject(new CommandFailure(`the console of ${opened.guest.name}: ${error.message}`)))
      socket.on('close', (code) => {
        if (ended?.cause === 'failed') return reject(new CommandFailure(oneLine(ended.reason)))
        if (ended) note(ended.reason)
        else if (code === 1000) note('detached')
        if (ended || code === 1000) return resolve()
        reject(new CommandFailure('the connection to the manager has ended'))
      })
    })
  } finally {
    if (input.isTTY) {
      input.off('data', type).pause()
      input.setRawMode?.(false)
      output.write(RESET)
    }
    socket.terminate()
  }
}

/** Undefined: of a manager that is newer. */
function noticeIn(text: string): ConsoleNotice | undefined {
  try {
    return consoleNotice.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
