import test from 'ava'
import { ATTEMPT, bootServer, eventually, rawConnection } from './peers.ts'
import { files, path, squashfs } from './served.ts'

test('requests that are too large or no HTTP are answered 4xx and closed, and a good client is served right after', async (t) => {
  const told: string[] = []
  const { port, url } = await bootServer(t, files, { onDropped: (peer, reason) => void told.push(`${peer}: ${reason}`) })
  t.is((await fetch(`${url}/boot/${'a'.repeat(600)}`)).status, 414)
  t.is((await fetch(`${url}/boot/%ff`)).status, 400)
  for (const [request, status] of [
    ['\x16\x03\x01\x02\x00\x01\x00', 400],
    [`GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(10_000)}\r\n\r\n`, 431],
    [`GET /${'a'.repeat(20_000)} HTTP/1.1\r\n\r\n`, 431],
    ['POST /report/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
  ] as const) {
    const { socket, heard } = await rawConnection(t, port)
    socket.write(request, 'latin1')
    await eventually(() => heard.closed || undefined, `the end of ${JSON.stringify(request.slice(0, 20))}`)
    t.regex(heard.text, new RegExp(`^HTTP/1.1 ${status} `))
  }
  t.is((await fetch(url + path('xen'))).status, 200)
  const tooLong = '127.0.0.1: a request whose headers are too long'
  t.deepEqual(told.slice(1, 3), [tooLong, tooLong], 'the boot of who sent it tells of it')
  t.regex(told[0] ?? '', /^127\.0\.0\.1: what is no HTTP request \(HPE_\w+\)$/)
  t.is(told.length, 4)
})

test('a slow loris is ended, a slow download is not', async (t) => {
  const limits = { headersTimeout: 300, requestTimeout: 500, idleTimeout: 5000 }
  const { port, observations } = await bootServer(t, { 'root.squashfs': squashfs }, { limits })
  const download = await rawConnection(t, port)
  let received = 0
  download.socket.on('data', (bytes: Buffer) => {
    received += bytes.length
    download.socket.pause()
    setTimeout(() => download.socket.resume(), received < 4 * 1024 * 1024 ? 15 : 0)
  })
  download.socket.write(`GET ${path('root.squashfs')} HTTP/1.1\r\nHost: x\r\n\r\n`)

  const silent = await rawConnection(t, port)
  const loris = await rawConnection(t, port)
  const body = await rawConnection(t, port)
  loris.socket.write('GET / HTTP/1.1\r\n')
  const dripping = setInterval(() => loris.socket.write('X: y\r\n'), 50)
  t.teardown(() => clearInterval(dripping))
  body.socket.write(`POST /report/${ATTEMPT} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nstage`)
  for (const { heard } of [silent, loris, body]) await eventually(() => heard.closed || undefined, 'the slow connection ended')

  const observation = await eventually(() => observations[0], 'the download')
  t.like(observation, { outcome: 'served', bytes: squashfs.length })
  t.true(observation.milliseconds > 500, `the download took ${observation.milliseconds} ms, longer than a request may`)
})

test('one address has so many connections and no more, another is served meanwhile', async (t) => {
  const told: string[] = []
  const onDropped = (peer: string, reason: string) => {
    told.push(`${peer}: ${reason}`)
    throw new Error('the database is locked')
  }
  const { port } = await bootServer(t, files, { limits: { connectionsPerAddress: 4 }, onDropped })
  const greedy = await Promise.all(Array.from({ length: 10 }, () => rawConnection(t, port)))
  await eventually(() => (greedy.filter(({ heard }) => heard.closed).length === 6 ? true : undefined), 'six connections refused')
  t.deepEqual([...new Set(told)], ['127.0.0.1: a connection beyond the 4 of one host'])
  const other = await rawConnection(t, port, '127.0.0.2')
  other.socket.write(`GET ${path('xen')} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
  await eventually(() => other.heard.closed || undefined, 'the answer')
  t.regex(other.heard.text, /^HTTP\/1.1 200 [\s\S]*xen$/)
})

test('an observer that throws ends neither the download nor the server', async (t) => {
  const { url, lines } = await bootServer(t, files, {
    onFile: () => {
      throw new Error('the database is locked')
    },
  })
  for (let count = 0; count < 2; count += 1) t.is(await (await fetch(url + path('xen'))).text(), 'xen')
  await eventually(() => (lines.length === 2 ? true : undefined), 'both errors in the log')
})

test('close ends promptly with connections and downloads open, also when called twice', async (t) => {
  const { server, port } = await bootServer(t, { 'root.squashfs': squashfs })
  const idle = await rawConnection(t, port)
  const download = await rawConnection(t, port)
  download.socket.write(`GET ${path('root.squashfs')} HTTP/1.1\r\nHost: x\r\n\r\n`)
  await eventually(() => download.heard.text.length > 0 || undefined, 'the first bytes')
  download.socket.pause()
  await Promise.all([server.close(), server.close()])
  download.socket.resume()
  for (const { heard } of [idle, download]) await eventually(() => heard.closed || undefined, 'the connection closed')
  t.true(idle.heard.closed && download.heard.closed)
})

test('startHttpServer rejects when its port is taken', async (t) => {
  const { port } = await bootServer(t, files)
  await t.throwsAsync(bootServer(t, files, { port }), { code: 'EADDRINUSE' })
})
