// Consoles over one agent's connection: who may have one, and what becomes of what is said of others.
import test from 'ava'
import { ConsoleLines } from '../../../manager/agents/console-lines.ts'
import { NEW_SESSION, step } from '../../../manager/agents/session.ts'
import { CONSOLES_SINCE, MOST_CHANNELS } from '../../../manager/protocol/consoles.ts'
import type { ManagerMessage } from '../../../manager/protocol/messages.ts'
import { guestName } from '../../../manager/protocol/requests/guest-config.ts'
import { uuidOf } from '../site.ts'

const GUEST = { uuid: uuidOf(1), name: guestName.parse('web1') }

function lines(version?: number) {
  const sent: ManagerMessage[] = []
  const all = new ConsoleLines({ epoch: 7, send: (message) => void sent.push(message) })
  if (version !== undefined) all.welcomed(version)
  const heard: string[] = []
  const listener = {
    said: ({ octets }: { readonly octets: string }) => void heard.push(Buffer.from(octets, 'base64').toString()),
    ended: ({ cause, reason }: { readonly cause: string; readonly reason: string }) => void heard.push(`${cause}: ${reason}`),
  }
  return { all, sent, heard, open: () => all.open(GUEST, 100, listener) }
}

const said = (channel: string, text: string) =>
  ({ kind: 'console-said', channel, octets: Buffer.from(text).toString('base64'), typed: 0, live: true }) as const

test('an agent that does not know consoles, or has not been welcomed, is not asked for one', (t) => {
  const [old, early] = [lines(CONSOLES_SINCE - 1), lines()]
  t.regex(JSON.stringify(old.open()), /its agent speaks version 5, and consoles came with version 6: upgrade the agent/)
  t.regex(JSON.stringify(early.open()), /only just connected: try again/)
  t.deepEqual([...old.sent, ...early.sent], [])
})

test('a console is opened, typed to and closed by its channel; what is said of none is dropped', (t) => {
  const { all, sent, heard, open } = lines(CONSOLES_SINCE)
  const opened = open()
  if (opened.kind !== 'open') return t.fail(opened.reason)
  t.deepEqual(sent.splice(0), [{ kind: 'console-open', channel: 'c1', epoch: 7, guest: GUEST, back: 100 }])
  all.hear(said('c1', 'hello'))
  all.hear(said('c9', 'nobody’s'))
  opened.line.type(Buffer.from('ls'))
  t.deepEqual(sent.splice(0), [{ kind: 'console-type', channel: 'c1', octets: 'bHM=' }])
  opened.line.close()
  opened.line.close()
  opened.line.type(Buffer.from('x'))
  t.deepEqual(sent, [{ kind: 'console-close', channel: 'c1' }])
  all.hear(said('c1', 'late'))
  t.deepEqual(heard, ['hello'])
})

test('each ends once: with its guest, or with the connection', (t) => {
  const { all, heard, open } = lines(CONSOLES_SINCE)
  open()
  open()
  all.hear({ kind: 'console-ended', channel: 'c1', cause: 'over', reason: 'web1 has ended' })
  all.hear({ kind: 'console-ended', channel: 'c1', cause: 'over', reason: 'web1 has ended' })
  all.end()
  all.end()
  t.deepEqual(heard, ['over: web1 has ended', 'failed: the connection to its host has ended'])
})

test('no more are open than an agent takes', (t) => {
  const { open } = lines(CONSOLES_SINCE)
  for (let index = 0; index < MOST_CHANNELS; index += 1) t.is(open().kind, 'open')
  t.is(open().kind, 'refused')
})

test('what an agent says of a console before its hello is no message of an agent', (t) => {
  const knows = { epoch: 7, stored: undefined, isAsked: () => false }
  t.like(step(NEW_SESSION, said('c1', 'x'), knows).actions[0], { kind: 'close', audit: true })
  const ready = { kind: 'ready', run: uuidOf(2), held: undefined, asked: false } as const
  t.deepEqual(step(ready, said('c1', 'x'), knows).actions, [{ kind: 'console', told: said('c1', 'x') }])
})
