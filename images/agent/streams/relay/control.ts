// Whom a relay listens to: a socket in the stream's folder, a line of JSON each way. Every answer is the whole status.
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { type Asked, readAsked, readStatus, type Status } from '../status.ts'

const LONGEST = 16 << 10
/** Milliseconds beyond what was asked for. */
const PATIENCE = 5000

export interface Listening {
  /** Something has changed: who waits for that is answered. */
  changed(): void
  close(): void
}

/** `act`: what was asked is done. */
export async function listen(path: string, state: () => Status, act: (asked: Asked) => void): Promise<Listening> {
  const waiting = new Set<() => void>()
  const serve = (socket: Socket): void => {
    let line = ''
    socket.setEncoding('utf8')
    socket.on('error', () => socket.destroy())
    socket.on('data', (text: string) => {
      line += text
      if (line.length > LONGEST) socket.destroy()
      if (!line.includes('\n')) return
      const asked = readAsked(line)
      if (!asked) return void socket.destroy()
      act(asked)
      answer(socket, asked)
    })
  }
  const answer = (socket: Socket, asked: Asked): void => {
    const say = (): void => void socket.end(`${JSON.stringify(state())}\n`)
    if (asked.ask !== 'look' || asked.unless === undefined || state().phase !== asked.unless) {
      say()
      return
    }
    const done = (): void => {
      clearTimeout(timer)
      waiting.delete(look)
      say()
    }
    const look = (): void => {
      if (state().phase !== asked.unless) done()
    }
    const timer = setTimeout(done, asked.forMs ?? 0)
    waiting.add(look)
    socket.on('close', () => {
      clearTimeout(timer)
      waiting.delete(look)
    })
  }
  const server: Server = createServer({ allowHalfOpen: true }, serve)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  return {
    changed: () => {
      for (const look of [...waiting]) look()
    },
    close: () => server.close(),
  }
}

/** Undefined: no relay listens there, or it ends before it answers. */
export function askAt(path: string, asked: Asked): Promise<Status | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection({ path, allowHalfOpen: true })
    let text = ''
    socket.setEncoding('utf8')
    socket.setTimeout(PATIENCE + (asked.ask === 'look' ? (asked.forMs ?? 0) : 0), () => socket.destroy())
    socket.on('connect', () => socket.write(`${JSON.stringify(asked)}\n`))
    socket.on('data', (part: string) => {
      text += part
      if (text.length > LONGEST) socket.destroy()
    })
    socket.on('end', () => socket.end())
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(readStatus(text)))
  })
}
