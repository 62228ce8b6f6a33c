import type { ServerResponse } from 'node:http'
import test, { type ExecutionContext } from 'ava'
import { EventStreams } from '../../../manager/doors/event-streams.ts'
import { until } from '../site.ts'

const isGood = async () => true

/** A response that keeps what is written to it. */
function reader(streams: EventStreams, lastId?: string): { readonly text: () => string } {
  const written: string[] = []
  const response = {
    writableLength: 0,
    writeHead: () => response,
    write: (bytes: Buffer | string) => written.push(String(bytes)) > 0,
    end: () => response,
    on: () => response,
    destroy: () => response,
  }
  streams.attach(response as unknown as ServerResponse, { key: 'k', isGood, ...(lastId === undefined ? {} : { lastId }) })
  return { text: () => written.join('') }
}

function open(t: ExecutionContext, epoch = 7): EventStreams {
  const streams = new EventStreams(epoch)
  t.teardown(() => streams.close())
  return streams
}

test('each event but a sample has an id, counted from the start of this manager', async (t) => {
  const streams = open(t)
  const { text } = reader(streams)
  streams.tell({ kind: 'alarm', alarm: 'a' })
  streams.tell({ kind: 'sample', host: 'h' })
  streams.tell({ kind: 'alarm-cleared', alarm: 'a' })
  await until('the last event', () => text().includes('alarm-cleared'))
  t.deepEqual(text().match(/^id: .*|^event: .*/gm), ['id: 7-1', 'event: alarm', 'event: sample', 'id: 7-2', 'event: alarm-cleared'])
})

test('who comes back is told what it has missed, also what nobody listened to, and nothing twice', async (t) => {
  const streams = open(t)
  const first = reader(streams)
  for (const alarm of ['a', 'b', 'c']) streams.tell({ kind: 'alarm', alarm })
  await until('three events', () => first.text().includes('7-3'))
  t.deepEqual(
    reader(streams, '7-1')
      .text()
      .match(/^id: .*/gm),
    ['id: 7-2', 'id: 7-3'],
  )
  t.notRegex(reader(streams, '7-3').text(), /id:|missed/)
  t.notRegex(reader(streams).text(), /id:|missed/, 'who is new asks for all anyway')
})

test('an id of another start, of what is not kept, or that is none: all is to be asked for anew', async (t) => {
  const streams = open(t)
  const first = reader(streams)
  for (let index = 0; index < 9000; index += 1) streams.tell({ kind: 'alarm', alarm: `a${index}` })
  await until('the last event', () => first.text().includes('7-9000'))
  for (const id of ['6-8999', '7-1', '7-9001', '7', '', 'x', '7--1', `7-${'9'.repeat(40)}`]) {
    t.regex(reader(streams, id).text(), /event: missed\ndata: {"kind":"missed"}\n\n$/, id)
  }
  t.deepEqual(
    reader(streams, '7-8999')
      .text()
      .match(/^id: .*/gm),
    ['id: 7-9000'],
  )
})
