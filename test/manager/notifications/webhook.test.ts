import { createHmac } from 'node:crypto'
import test from 'ava'
import fc from 'fast-check'
import { isClosed, openLookup } from '../../../manager/notifications/lookup.ts'
import { messageSchema } from '../../../manager/notifications/message.ts'
import { sendWebhook } from '../../../manager/notifications/webhook.ts'
import { startRaw, startWeb, status } from './receivers.ts'
import { AT, message, webhookAt } from './samples.ts'

const SECRET = 'a secret of signatures'
const OPTIONS = { lookup: openLookup(), patience: 5_000, now: () => AT }

const send = (url: string, secret?: string, patience = OPTIONS.patience) =>
  sendWebhook(
    message(),
    webhookAt(url, { isSigned: secret !== undefined }),
    { url, ...(secret === undefined ? {} : { secret }) },
    { ...OPTIONS, patience },
  )

test('a message is posted as JSON of a stable schema, with its id, the time, and a signature over both', async (t) => {
  const web = await startWeb(t)
  t.deepEqual(await send(web.url, SECRET), { kind: 'sent' })
  const [post] = web.posts
  if (!post) return t.fail()
  const { schema, version, ...said } = JSON.parse(post.body)
  t.deepEqual([schema, version], ['hostless.notification', 1])
  t.deepEqual(messageSchema.parse(said), message())
  t.like(post.headers, { 'content-type': 'application/json', 'hostless-id': 'm1', 'hostless-timestamp': String(AT / 1000) })
  const signed = createHmac('sha256', SECRET)
    .update(`${AT / 1000}.${post.body}`)
    .digest('hex')
  t.is(post.headers['hostless-signature'], `v1=${signed}`)
  await send(web.url)
  t.is(web.posts[1]?.headers['hostless-signature'], undefined)
})

test('a redirect is not followed, and a refusal is for good; what may pass is no refusal; the URL is shown to nobody', async (t) => {
  const web = await startWeb(t)
  const elsewhere = await startWeb(t)
  web.answers((response) => void response.writeHead(307, { location: elsewhere.url }).end())
  const moved = await send(web.url)
  t.like(moved, { kind: 'failed', lasting: true })
  t.regex(JSON.stringify(moved), /answers 307 Temporary Redirect: where it leads to is not followed/)
  t.is(elsewhere.posts.length, 0)
  for (const [code, lasting] of [
    [400, true],
    [401, true],
    [404, true],
    [410, true],
    [408, false],
    [429, false],
    [500, false],
    [503, false],
  ] as const) {
    web.answers(status(code))
    t.like(await send(web.url), { kind: 'failed', lasting }, String(code))
  }
  web.answers((response) => void response.destroy())
  const broken = await send(web.url)
  t.like(broken, { kind: 'failed', lasting: false })
  t.notRegex(JSON.stringify([moved, broken]), /T0SECRETPATH/)
})

test('an answer without end counts by its status, and one that does not come is given up in time', async (t) => {
  const web = await startWeb(t, (response) => {
    response.writeHead(200)
    const write = (): void => {
      if (!response.destroyed) response.write(Buffer.alloc(65_536), () => setImmediate(write))
    }
    write()
  })
  t.is((await send(web.url)).kind, 'sent')
  web.answers(() => undefined)
  const began = performance.now()
  t.regex(JSON.stringify(await send(web.url, undefined, 200)), /no answer within/)
  t.true(performance.now() - began < 4_000)
})

test('no bytes of a server throw or hang', async (t) => {
  await t.notThrowsAsync(async () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.constantFrom('ends' as const, 'stays' as const), async (bytes, then) => {
        const port = await startRaw(t, bytes, then)
        return (await send(`http://127.0.0.1:${port}/`, undefined, 150)).kind === 'failed'
      }),
      { numRuns: 30 },
    ),
  )
})

test('a name does not lead to where clouds hand out secrets, whichever way that is written; other addresses of it are taken', async (t) => {
  for (const address of ['169.254.169.254', '169.254.0.1', 'fe80::1', 'fd00:ec2::254', '::ffff:169.254.169.254', '100.100.100.200'])
    t.true(isClosed(address), address)
  for (const address of ['10.0.0.1', '127.0.0.1', '192.168.1.1', 'fd00::1', '::1', '::ffff:10.0.0.1']) t.false(isClosed(address), address)
  const leadsTo = (...addresses: readonly string[]) =>
    openLookup(((_name: string, _options: object, answer: (error: null, found: object[]) => void) =>
      answer(
        null,
        addresses.map((address) => ({ address, family: 4 })),
      )) as never)
  const web = await startWeb(t)
  const { port } = new URL(web.url)
  const named = (lookup: ReturnType<typeof openLookup>) => {
    const url = `http://hooks.example.com:${port}/x`
    return sendWebhook(message(), webhookAt(url), { url }, { ...OPTIONS, lookup })
  }
  t.regex(JSON.stringify(await named(leadsTo('169.254.169.254'))), /leads to a link-local address/)
  t.deepEqual(await named(leadsTo('169.254.169.254', '127.0.0.1')), { kind: 'sent' })
})
