import test from 'ava'
import { resolveTarget, urlOf } from '../../../appliance/http/path.ts'
import { bootServer, eventually, GENERATION, rawConnection } from './peers.ts'

test('resolveTarget undoes percent-encoding once, and takes a query and the absolute form away', (t) => {
  for (const [target, path] of [
    ['/boot/52%3A54%3a00:77:00:01', 'boot/52:54:00:77:00:01'],
    ['//boot//52-54-00-77-00-01', 'boot/52-54-00-77-00-01'],
    ['/\\boot\\x', 'boot/x'],
    ['/%5cboot%5Cx', 'boot/x'],
    ['/./boot/./x?y=/../z', 'boot/x'],
    ['http://10.77.0.1:8067/boot/x', 'boot/x'],
    ['/%252e%252e/x', '%2e%2e/x'],
    ['/snponly.efi%FF', 'snponly.efi'],
    ['/100%', '100%'],
  ] as const) {
    t.deepEqual(resolveTarget(target), { kind: 'path', path }, target)
  }
  for (const target of ['/', '', '/..', '/%2e%2e/x', '/a/%2e%2e%2fb', '/a%00', '/a/', 'http://10.77.0.1:8067', '/..%5c..%5cx']) {
    t.is(resolveTarget(target).kind, 'refusal', target)
  }
})

test('urlOf gives what resolveTarget reads back', (t) => {
  for (const path of ['boot/52:54:00:77:00:01', '%2e%2e/x', 'a b/c?d']) {
    t.deepEqual(resolveTarget(urlOf({ kind: 'path', path })), { kind: 'path', path })
  }
})

test('boot clients that spell a path in their own way are served what the plain path gives', async (t) => {
  const { port } = await bootServer(t, { xen: Buffer.from('a xen'), 'snponly.efi': Buffer.from('a loader') })
  for (const [target, expected] of [
    ['//boot//52-54-00-77-AB-01', 'echo 52:54:00:77:ab:01 127.0.0.1'],
    ['/boot\\01-52-54-00-77-ab-01', 'echo 52:54:00:77:ab:01 127.0.0.1'],
    [`http://10.77.0.1/g/${GENERATION}/./xen`, 'a xen'],
    [`/g\\${GENERATION}//xen?x=1`, 'a xen'],
    ['/./snponly.efi%ff', 'a loader'],
    [`/g/${GENERATION}/../${GENERATION}/xen`, '404 Not Found'],
    [`/g/${GENERATION}/xen/`, '404 Not Found'],
  ] as const) {
    const { socket, heard } = await rawConnection(t, port)
    socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    await eventually(() => (heard.closed ? true : undefined), 'the answer')
    t.true(heard.text.includes(expected), `${target}: ${heard.text}`)
  }
})
