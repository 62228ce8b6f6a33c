import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import { connect } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import express from 'express'
import { stillThere } from '../../../../manager/doors/api/still-there.ts'

async function serve(t: ExecutionContext, work: Promise<string>): Promise<number> {
  const app = express().get('/', async (asked, response) => void response.end(await stillThere(asked, response, work, 20)))
  const server: Server = createServer(app).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

function begun() {
  let end: (value: string) => void = () => undefined
  const work = new Promise<string>((resolve) => {
    end = resolve
  })
  return { work, end: (value: string) => end(value) }
}

test('an answer that takes its time is preceded by 102, and is the same as ever', async (t) => {
  const { work, end } = begun()
  const asked = request({ host: '127.0.0.1', port: await serve(t, work), agent: false })
  const codes: number[] = []
  asked.on('information', ({ statusCode }) => {
    codes.push(statusCode)
    if (codes.length === 3) end('done')
  })
  asked.end()
  const [answer] = await once(asked, 'response')
  t.is(answer.statusCode, 200)
  t.is(Buffer.concat(await answer.toArray()).toString(), 'done')
  t.deepEqual(codes.slice(0, 3), [102, 102, 102])
})

test('a client of HTTP/1.0 hears its answer alone', async (t) => {
  const { work, end } = begun()
  const socket = connect(await serve(t, work), '127.0.0.1')
  socket.write('GET / HTTP/1.0\r\n\r\n')
  setTimeout(() => end('done'), 200)
  t.regex(Buffer.concat(await socket.toArray()).toString(), /^HTTP\/1\.\d 200 /)
})

test('what fails, fails', async (t) => {
  await t.throwsAsync(stillThere({ httpVersionMajor: 1, httpVersionMinor: 1 } as never, {} as never, Promise.reject(new Error('no'))), {
    message: 'no',
  })
})
