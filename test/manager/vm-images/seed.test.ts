import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { execa } from 'execa'
import { parse } from 'yaml'
import { mac } from '../../../manager/protocol/values.ts'
import { makeSeed } from '../../../manager/vm-images/files/seed.ts'
import { type SeedSpec, seedFiles, seedSpec } from '../../../manager/vm-images/seed.ts'
import { bench, readPart } from './disks.ts'

const SPEC: SeedSpec = {
  hostname: 'web1.example.net',
  instanceId: 'iid-0001',
  sshKeys: ['ssh-ed25519 AAAAC3Nza ada@desk'],
  nics: [
    { mac: mac.parse('52:54:00:77:00:01'), addresses: ['10.0.0.5/24'], gateway: '10.0.0.1', nameservers: ['10.0.0.2'] },
    { mac: mac.parse('52:54:00:77:00:02'), addresses: [], nameservers: [] },
  ],
}

const filesOf = (spec: SeedSpec) => new Map(seedFiles(spec).map(({ name, text }) => [name, text]))

test('a seed says name, instance, keys and network as NoCloud reads them', (t) => {
  const files = filesOf(SPEC)
  t.deepEqual(parse(files.get('meta-data') ?? ''), {
    'instance-id': 'iid-0001',
    'local-hostname': 'web1.example.net',
    'public-keys': ['ssh-ed25519 AAAAC3Nza ada@desk'],
  })
  t.deepEqual(parse(files.get('network-config') ?? ''), {
    version: 2,
    ethernets: {
      nic0: {
        match: { macaddress: '52:54:00:77:00:01' },
        addresses: ['10.0.0.5/24'],
        routes: [{ to: 'default', via: '10.0.0.1' }],
        nameservers: { addresses: ['10.0.0.2'] },
      },
      nic1: { match: { macaddress: '52:54:00:77:00:02' }, dhcp4: true },
    },
  })
  t.regex(files.get('user-data') ?? '', /^#cloud-config\n/)
  t.false(filesOf({ ...SPEC, nics: [] }).has('network-config'))
  t.is(filesOf({ ...SPEC, networkConfig: 'version: 1\n' }).get('network-config'), 'version: 1\n')
  t.is(filesOf({ ...SPEC, userData: '#!/bin/sh\nid\n' }).get('user-data'), '#!/bin/sh\nid\n')
})

test('the lab’s guest finds its name and instance in lines of their own', (t) => {
  const meta = filesOf(SPEC).get('meta-data') ?? ''
  t.regex(meta, /^instance-id: iid-0001$/m)
  t.regex(meta, /^local-hostname: web1\.example\.net$/m)
})

test('what no guest would take, or would take for something else, is refused, and a seed of 100 MB', (t) => {
  const bad: readonly (readonly [Partial<Record<keyof SeedSpec, unknown>>, RegExp])[] = [
    [{ hostname: 'a b' }, /host name/],
    [{ hostname: 'x\nruncmd: [id]' }, /host name/],
    [{ hostname: '--help' }, /host name/],
    [{ hostname: 'a'.repeat(256) }, /host name/],
    [{ instanceId: '../x' }, /instance id/],
    [{ sshKeys: ['-----BEGIN OPENSSH PRIVATE KEY-----'] }, /public ssh key/],
    [{ sshKeys: ['ssh-ed25519 AAAA x\ncommand="id"'] }, /public ssh key/],
    [{ userData: 'echo hello' }, /begins neither/],
    [{ networkConfig: 'eth0 up' }, /no network-config/],
    [{ networkConfig: `version: 2\n${'x'.repeat(100 << 20)}` }, /more than the 1048576 bytes/],
    [{ userData: `#cloud-config\n${'x'.repeat(100 << 20)}` }, /more than the 1048576 bytes/],
  ]
  for (const [change, message] of bad) {
    const read = seedSpec.safeParse({ ...SPEC, ...change })
    t.regex(read.success ? 'taken' : (read.error.issues[0]?.message ?? ''), message, JSON.stringify(change).slice(0, 80))
  }
})

test('a seed is a disk labelled CIDATA, the same each time, kept and not shown', async (t) => {
  const { folder, path } = await bench(t)
  const { id, sizeBytes } = await makeSeed(folder, SPEC)
  t.is((await makeSeed(folder, SPEC)).id, id)
  t.not((await makeSeed(folder, { ...SPEC, instanceId: 'iid-0002' })).id, id)
  t.deepEqual(await folder.all(), [])
  t.like(await folder.facts(id), { kind: 'seed', sizeBytes })
  t.is(sizeBytes % 2048, 0)
  const content = await readPart(folder, id, 'content')
  t.is(content.length, sizeBytes)
  // ISO 9660 (ECMA-119, 8.4.7): the primary descriptor is in sector 16, its volume identifier at byte 40.
  t.is(content.toString('latin1', 16 * 2048 + 40, 16 * 2048 + 72).trimEnd(), 'CIDATA')
  await writeFile(path('iso'), content)
  const extract = (name: string) => ['-no_rc', '-indev', `stdio:${path('iso')}`, '-osirrox', 'on', '-extract', `/${name}`, path(name)]
  for (const { name, text } of seedFiles(SPEC)) {
    await execa('xorriso', extract(name))
    t.is(await readFile(path(name), 'utf8'), text)
  }
})

test.serial('an xorriso that crashes is asked again; one that cannot do it is told of', async (t) => {
  const { folder, path } = await bench(t)
  const [tools, count] = [path('tools'), path('count')]
  await mkdir(tools)
  const before = process.env.PATH
  const instead = (script: string) => writeFile(join(tools, 'xorriso'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  process.env.PATH = `${tools}:${before}`
  t.teardown(() => {
    process.env.PATH = before
  })
  await instead(`echo >>${count}; [ $(wc -l <${count}) -gt 2 ] || kill -SEGV $$; PATH=${before} exec xorriso "$@"`)
  const { id } = await makeSeed(folder, SPEC)
  t.is((await readFile(count, 'utf8')).length, 3)
  await instead('echo "libburn has no medium" >&2; exit 5')
  await t.throwsAsync(makeSeed(folder, SPEC), { name: 'UnfitImage', message: /libburn has no medium/ })
  process.env.PATH = before
  t.is((await makeSeed(folder, SPEC)).id, id)
})
