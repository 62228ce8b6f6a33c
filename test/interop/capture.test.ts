// A boot captured on a real wire, with another machine on it: what tshark finds in the file.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import test from 'ava'
import { execa } from 'execa'
import { namespacePair, talker } from './namespaces.ts'

const isRoot = process.getuid?.() === 0
const rootTest = isRoot ? test : test.skip
const why = isRoot ? '' : ' (needs root, for network namespaces)'
const RACK = new URL('capture-rack.ts', import.meta.url)
const [HOST, OTHER] = ['52:54:00:78:00:01', '52:54:00:78:00:02']
const TOKEN = 'Zr7pQ0aXw2LkVn5tYb8cJm1dHe4gUi6oSf9xRq3zKyA'

rootTest(
  `what one machine loads by TFTP and HTTP is in the file, cut, without its token, and nothing of another machine${why}`,
  async (t) => {
    const { serverSpace, clientSpace } = await namespacePair(t, '10.77.0.1/24')
    const otherSpace = `hl-o-${process.pid}`
    const ip = (...args: readonly string[]) => execa('ip', args)
    await ip('netns', 'add', otherSpace)
    t.teardown(() => ip('netns', 'del', otherSpace))
    await ip('-n', clientSpace, 'link', 'set', 'c0', 'address', HOST)
    await ip('-n', clientSpace, 'address', 'add', '10.77.0.60/24', 'dev', 'c0')
    await ip('-n', clientSpace, 'link', 'add', 'link', 'c0', 'name', 'm0', 'netns', otherSpace, 'address', OTHER, 'type', 'macvlan')
    await ip('-n', otherSpace, 'address', 'add', '10.77.0.61/24', 'dev', 'm0')
    await ip('-n', otherSpace, 'link', 'set', 'm0', 'up')
    const folder = await mkdtemp(join(tmpdir(), 'hl-capture-'))
    t.teardown(() => rm(folder, { recursive: true }))
    const file = join(folder, 'boot.pcapng.gz')
    const server = talker(t, serverSpace, RACK, 's0', '10.77.0.1', HOST, TOKEN, file)
    await server.next('ready', ({ kind }) => kind === 'ready')
    server.say({ state: 'booting' })
    await server.next('its beginning', ({ kind }) => kind === 'heard')
    const load = async (space: string, ...paths: readonly string[]) => {
      const urls = paths.flatMap((path) => ['-o', '/dev/null', path])
      await execa('ip', ['netns', 'exec', space, 'curl', '-sS', '--fail', ...urls])
    }
    const paths = ['tftp://10.77.0.1/snponly.efi', 'http://10.77.0.1:8067/script', 'http://10.77.0.1:8067/initrd.img']
    await Promise.all([load(clientSpace, ...paths), load(otherSpace, ...paths)])
    server.say({ state: 'stuck' })
    await server.next('its end', ({ kind, state }) => kind === 'heard' && state === 'stuck')
    await server.end()
    const record = await server.next('the file', ({ kind }) => kind === 'kept')
    t.like(record, { cause: 'stuck', mac: HOST, missed: 0 })

    const names = ['eth.src', 'eth.dst', 'frame.len', 'frame.cap_len', 'tftp.opcode', 'tcp.srcport', 'tcp.len']
    const { stdout } = await execa('tshark', ['-r', file, '-T', 'fields', ...names.flatMap((name) => ['-e', name])])
    const rows = stdout.split('\n').map((line) => line.split('\t'))
    t.is(rows.length, Number(record.packets))
    t.true(rows.every(([source, destination]) => source === HOST || destination === HOST || destination === 'ff:ff:ff:ff:ff:ff'))
    t.false(stdout.includes(OTHER))
    t.true(
      rows.some(([, , , , opcode]) => opcode === '1'),
      'the request by TFTP',
    )
    t.is(rows.filter(([, , , , opcode]) => opcode === '3').length, Math.ceil(300_001 / 512))
    const loaded = rows.filter(([, , , , , port]) => port === '8067').reduce((sum, [, , , , , , length]) => sum + Number(length), 0)
    t.true(loaded > 3_000_000, `${loaded} bytes by HTTP`)
    t.true(rows.every(([, , length, kept]) => Number(length) < 1200 || Number(kept) <= 14 + 60 + 60 + 128))
    const bytes = gunzipSync(await readFile(file))
    t.false(bytes.includes(TOKEN.slice(0, 12)))
    t.true(bytes.includes(`hl.token=${'x'.repeat(TOKEN.length)}`))
  },
)
