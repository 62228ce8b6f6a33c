import { truncate } from 'node:fs/promises'
import { createServer, get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { ImageStreams, imagePathOf } from '../../../manager/agents/disk-images.ts'
import { contentPath, listPath } from '../../../manager/protocol/disk-image.ts'
import { servedImages } from '../../../manager/vm-images/files/serving.ts'
import { bench, importInto, MIB, readPart, writeDisk } from '../vm-images/disks.ts'

const ID = 'a'.repeat(64)

test('only the paths of the protocol are taken, as they are written', (t) => {
  t.deepEqual(imagePathOf(listPath(ID)), { id: ID, part: { kind: 'list' } })
  t.deepEqual(imagePathOf(contentPath(ID, 7)), { id: ID, part: { kind: 'content', from: 7 } })
  const others = [
    ...['/agent/disk-images/../../etc/blocks', `/agent/disk-images/${ID.toUpperCase()}/blocks`, `/agent/disk-images/${ID}/content`],
    ...[`/agent/disk-images/${ID}/content?from=-1`, `/agent/disk-images/${ID}/content?from=1e3`, `/agent/disk-images/${ID}/blocks/..`],
    ...[`/agent/disk-images/${ID}/content?from=9999999`, `/agent/disk-images/%2e%2e/blocks`, `/agent/disk-images/${ID}%00/blocks`],
  ]
  for (const path of others) t.is(imagePathOf(path), undefined, path)
})

async function served(t: ExecutionContext) {
  const place = await bench(t)
  const disk = await writeDisk(
    place.path('d'),
    40 * MIB,
    Array.from({ length: 40 }, (_, at) => [at * MIB, `block ${at}`] as const),
  )
  const { id } = await importInto(place, disk)
  const streams = new ImageStreams(servedImages(place.folder))
  const failures: unknown[] = []
  const server = createServer((request, response) => {
    const asked = imagePathOf(request.url ?? '')
    if (!asked) return void response.writeHead(404).end()
    streams.send('host', asked, response).catch((error: unknown) => {
      failures.push(error)
      response.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const open = (path: string) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      get({ host: '127.0.0.1', port, path, agent: false }, resolve).on('error', reject)
    })
  const fetch = async (path: string) => {
    const answer = await open(path)
    const chunks: Buffer[] = []
    for await (const chunk of answer) chunks.push(chunk as Buffer)
    return { status: answer.statusCode, headers: answer.headers, bytes: Buffer.concat(chunks) }
  }
  return { place, id, open, fetch, failures }
}

test('a host is given the list, and the content from any of its blocks on', async (t) => {
  const { place, id, fetch } = await served(t)
  t.true((await fetch(listPath(id))).bytes.equals(await readPart(place.folder, id, 'blocks.json')))
  const whole = await readPart(place.folder, id, 'content')
  for (const from of [0, 1, 39, 40]) {
    const { status, bytes } = await fetch(contentPath(id, from))
    t.is(status, 200)
    t.true(bytes.equals(whole.subarray(from * MIB)), `${from}`)
  }
  t.is((await fetch(contentPath(id, 41))).status, 416)
  t.is((await fetch(listPath(ID))).status, 404)
})

test('content that is not as long as it was kept is refused before a byte of it is sent', async (t) => {
  const { place, id, fetch } = await served(t)
  await truncate(join(place.folder.path, id, 'content'), 39 * MIB)
  const { status, bytes } = await fetch(contentPath(id, 0))
  t.is(status, 500)
  t.regex(bytes.toString(), /damaged: its content has 40894464 bytes, not 41943040/)
})

test('content that becomes shorter on the way ends the connection: no host takes it for whole', async (t) => {
  const { place, id, open, failures } = await served(t)
  const answer = await open(contentPath(id, 0))
  await truncate(join(place.folder.path, id, 'content'), 4096)
  await t.throwsAsync(async () => {
    for await (const _ of answer);
  })
  t.is(failures.length, 1)
})

test('a host has few streams at once, which count until they have ended, however that is', async (t) => {
  const { id, open, fetch, failures } = await served(t)
  const held = await Promise.all([0, 1, 2, 3].map(() => open(contentPath(id, 0))))
  t.deepEqual(
    held.map(({ statusCode }) => statusCode),
    [200, 200, 200, 200],
  )
  const refused = await fetch(contentPath(id, 0))
  t.deepEqual([refused.status, refused.headers['retry-after']], [429, '5'])
  for (const one of held) one.destroy()
  const deadline = Date.now() + 10_000
  while ((await fetch(listPath(id))).status !== 200) if (Date.now() > deadline) return t.fail('the streams are still counted')
  t.deepEqual(failures, [])
})
