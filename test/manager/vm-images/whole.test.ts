import { createHash, X509Certificate } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { get } from 'node:https'
import { join } from 'node:path'
import test from 'ava'
import { CONTRACT } from '../../../manager/contract/contract.ts'
import { blockList, contentPath, listPath } from '../../../manager/protocol/disk-image.ts'
import { homeFor, run } from '../cli/operator.ts'
import { enrolRaw, rawIdentity } from '../raw-agent.ts'
import { ask, macOf, pushBoot, type Site, startSite, told } from '../site.ts'
import { MIB, writeDisk } from './disks.ts'
import { elf, initrd } from './kernels.ts'

function fetchAs({ address }: Site, tls: object, path: string): Promise<{ readonly status: number; readonly bytes: Buffer }> {
  return new Promise((resolve, reject) => {
    get({ host: address.address, port: address.port, path, ca: address.authority, agent: false, ...tls }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, bytes: Buffer.concat(chunks) }))
    }).on('error', reject)
  })
}

test('a file added by the command line is an image that hosts fetch, that is verified, and that goes when it is removed', async (t) => {
  const site = await startSite(t, { enrol: 'auto' })
  const home = await homeFor(t)
  const environment = { HOME: home, XDG_CONFIG_HOME: join(home, '.config') }
  const hostless = (stdin: string, ...argv: string[]) => run({ environment, stdin }, ...argv)
  const password = 'a long enough password'
  await hostless(password, 'user', 'add', 'ada', '--role', 'operator', '--local', '--data-dir', site.dataDir)
  const { fingerprint256 } = new X509Certificate(site.address.authority)
  const login = await hostless(
    password,
    'login',
    `https://127.0.0.1:${site.address.port}`,
    '--user',
    'ada',
    '--fingerprint',
    fingerprint256,
  )
  t.is(login.code, 0, login.err)

  const disk = await writeDisk(join(home, 'disk.raw'), 11 * MIB, [
    [MIB, 'in the first piece'],
    [10 * MIB + 5, 'in the last'],
  ])
  const added = await hostless('', 'vm-image', 'add', disk, '--name', 'debian13', '--notes', 'for all')
  t.is(added.code, 0, added.err)
  const [, id = ''] = /Added debian13: ([0-9a-f]{64})/.exec(added.out) ?? []
  const listed = await hostless('', 'vm-image', 'list', '--output', 'json')
  const [image] = JSON.parse(listed.out) as readonly Record<string, unknown>[]
  t.like(image, { name: 'debian13', size: 11 * MIB, kept: 2 * MIB, state: 'there', format: 'raw', by: 'ada', id }, listed.err)
  const again = await hostless('', 'vm-image', 'add', disk, '--name', 'debian13')
  t.is(again.code, 0, again.err)

  const [kernel, ramdisk] = [join(home, 'vmlinuz'), join(home, 'initrd.img')]
  await writeFile(kernel, elf({ sizeBytes: 5 * MIB + 5 }))
  await writeFile(ramdisk, initrd(2 * MIB))
  const ours = await hostless('', 'vm-image', 'add-kernel', 'ours', '--kernel', kernel, '--initrd', ramdisk)
  t.is(ours.code, 0, ours.err)
  const shown = await hostless('', 'vm-image', 'show', 'ours', '--output', 'json')
  t.regex(shown.out, /"kind": *"kernel"/)
  t.regex(shown.out, new RegExp(`"size": *${7 * MIB + 5}\\b`))
  t.regex((await hostless('', 'vm-image', 'add-kernel', 'none', '--kernel', disk)).err, /neither an ELF vmlinux nor a bzImage/)
  t.is((await hostless('', 'vm-image', 'remove', 'ours')).code, 0)

  const key = rawIdentity()
  const enrolled = await enrolRaw(site.address, await pushBoot(site, macOf(1)), [macOf(1)], key)
  if (enrolled.kind !== 'enrolled') return t.fail(enrolled.reason)
  const cert = new X509Certificate(Buffer.from(enrolled.certificates[0] ?? '', 'base64')).toString()
  const tls = { cert, key: key.export({ type: 'pkcs8', format: 'pem' }).toString() }
  t.is((await fetchAs(site, {}, listPath(id))).status, 401)
  const list = await fetchAs(site, tls, listPath(id))
  t.is(createHash('sha256').update(list.bytes).digest('hex'), id)
  const { blocks } = blockList.parse(JSON.parse(list.bytes.toString()))
  t.deepEqual(
    blocks.map(({ at }) => at),
    [1, 10],
  )
  const content = await fetchAs(site, tls, contentPath(id, 1))
  t.is(createHash('sha256').update(content.bytes).digest('hex'), blocks[1]?.sha256 ?? '')
  t.is((await fetchAs(site, tls, `/agent/disk-images/${id}/content?from=1&x`)).status, 404)

  const verified = await hostless('', 'vm-image', 'verify', 'debian13')
  t.deepEqual([verified.code, verified.out], [0, `debian13: all ${2 * MIB} bytes are as they were kept.\n`], verified.err)
  const removed = await hostless('', 'vm-image', 'remove', 'debian13')
  t.is(removed.code, 0, removed.err)
  t.is((await fetchAs(site, tls, listPath(id))).status, 404)
  t.deepEqual((await told(site.manager, CONTRACT.vmImages.list, {})).images, [])
  const packed = join(home, 'packed')
  await writeFile(packed, Buffer.from([0x1f, 0x8b, 8, 0]))
  const refused = await hostless('', 'vm-image', 'add', packed, '--name', 'packed')
  t.deepEqual([refused.code, /packed was not added: it is packed by gzip: unpack it first/.test(refused.err)], [1, true], refused.err)
  t.regex((await hostless('', 'vm-image', 'show', 'nobody')).err, /there is no image "nobody"/)
})

test('what comes in pieces is bounded, may come twice, and is complete or refused', async (t) => {
  const site = await startSite(t)
  const { vmImageUploads: uploads } = CONTRACT
  const begin = (name: string) => ask(site.manager, uploads.begin, { name, sizeBytes: 3 * MIB })
  const first = await begin('one')
  if (first.kind !== 'done') return t.fail(first.reason)
  const { id } = first.value
  const piece = (at: number, bytes: number) => ask(site.manager, uploads.piece, { id, at, octets: Buffer.alloc(bytes, 7) })
  t.like(await piece(2.5 * MIB, MIB), { kind: 'refused', status: 400 })
  t.like(await piece(MIB, MIB), { kind: 'done', value: { receivedBytes: MIB } })
  t.like(await piece(MIB, MIB), { kind: 'done', value: { receivedBytes: MIB } })
  const short = await ask(site.manager, uploads.finish, { id, sentBytes: 2 * MIB })
  t.like(short, { kind: 'refused', reason: '1048576 of 2097152 bytes have come: send the others again' })
  for (const name of ['two', 'three', 'four']) t.is((await begin(name)).kind, 'done')
  t.like(await begin('five'), { kind: 'refused', status: 429 })
  t.is((await ask(site.manager, uploads.abandon, { id })).kind, 'done')
  t.is((await begin('five')).kind, 'done')
  t.is((await piece(0, 1)).kind, 'missing')
  t.like(await ask(site.manager, uploads.begin, { name: 'huge', sizeBytes: 2 ** 50 }), { kind: 'refused', status: 413 })
  t.is((await ask(site.manager, uploads.begin, { name: '../x', sizeBytes: 1 })).kind, 'refused')
})
