import { appendFile, chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { Command } from 'commander'
import type { HostRunning } from '../../../../../manager/cli/commands/image/find.ts'
import { addImageCommands } from '../../../../../manager/cli/commands/image/image.ts'
import { runProgram } from '../../../../../manager/cli/engine/failure.ts'
import { type FakeInputs, fakeKernel, quiet, ROOT, setUp } from '../../../../images/fake-image.ts'
import { tinyTar } from '../../../../images/tiny-tar.ts'

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

async function run(hosts: readonly HostRunning[], ...argv: string[]): Promise<Ran> {
  const [out, err]: [string[], string[]] = [[], []]
  const into = (texts: string[]) => (text: string) => void texts.push(text)
  const terminal = (texts: string[]) => ({ write: into(texts), columns: undefined, colour: false })
  const program = new Command('hostless')
  const image = addImageCommands(program, { out: terminal(out), err: terminal(err), log: quiet, hostsRunning: async () => hosts })
  for (const command of [program, image, ...image.commands]) command.configureOutput({ writeOut: into(out), writeErr: into(err) })
  const code = await runProgram(program, ['image', ...argv], into(err))
  return { code, out: out.join(''), err: err.join('') }
}

const flags = (files: FakeInputs): string[] => [
  '--root',
  files['root.tar'],
  '--xen',
  files.xen,
  '--kernel',
  files.vmlinuz,
  '--initrd',
  files['initrd.img'],
  '--xen-efi',
  files['xen.efi'],
]

/** Two generations of dom0, the first one published. */
async function twoGenerations(t: ExecutionContext) {
  const place = await setUp(t)
  const at = ['--data-dir', place.dataDir]
  const take = async (): Promise<string> => {
    const { out, err } = await run([], 'import', 'dom0', ...flags(place.files), ...at)
    const generation = /dom0@([0-9a-f]{16})/.exec(out)?.[1]
    if (generation === undefined) throw new Error(err)
    return generation
  }
  const first = await take()
  await run([], 'publish', 'dom0', first, ...at)
  await writeFile(place.files.vmlinuz, fakeKernel('6.13.1'))
  await writeFile(place.files['root.tar'], tinyTar([...ROOT, { path: './etc/new', data: 'new' }]))
  return { ...place, at, first, second: await take() }
}

test('import says what it made and what to do next; the same again says that it stays', async (t) => {
  const { dataDir, files } = await setUp(t)
  const argv = ['import', 'dom0', ...flags(files), '--data-dir', dataDir]
  const first = await run([], ...argv)
  t.is(first.code, 0, first.err)
  t.regex(first.out, /^Imported dom0@([0-9a-f]{16})\. Machines get it after: hostless image publish dom0 \1\n$/)
  t.is(first.err, '')
  const second = await run([], ...argv)
  t.is(second.code, 0)
  t.regex(second.out, /was imported before and stays as it is/)
})

test('import fails with the finding and the fix when a secret is in the root', async (t) => {
  const { dataDir, files } = await setUp(t, [...ROOT, { path: 'etc/ssh/ssh_host_rsa_key', data: 'x' }])
  const ran = await run([], 'import', 'dom0', ...flags(files), '--data-dir', dataDir)
  t.is(ran.code, 1)
  t.regex(
    ran.err,
    /^error: dom0 was not imported: secrets are in root\.tar.*\n {2}etc\/ssh\/ssh_host_rsa_key: .*delete etc\/ssh\/ssh_host_rsa_key/,
  )
})

test('wrong use exits with 2 and says how to', async (t) => {
  const { files } = await setUp(t)
  const cases: readonly [readonly string[], RegExp][] = [
    [['import', 'dom0', '--root', 'x'], /required option '--xen <file>'/],
    [['import', '../dom0', ...flags(files)], /cannot be the name of an image: take 1 to 32/],
    [['list', '--output', 'html'], /Allowed choices are table, wide, name, json, yaml, csv, xml/],
    [['list', '--data-dir', '/x', '--config', '/y'], /cannot be used with/],
    [['remove', 'dom0'], /missing required argument 'generation'/],
    [['lisst'], /unknown command 'lisst'[\s\S]*list/],
    [['show', 'dom0', '--files'], /add --against GENERATION/],
  ]
  for (const [argv, message] of cases) {
    const ran = await run([], ...argv)
    t.is(ran.code, 2, argv.join(' '))
    t.regex(ran.err, message)
  }
  const help = await run([], 'import', '--help')
  t.is(help.code, 0)
  t.regex(help.out, /mmdebstrap/)
})

test('list shows every generation, which is published and how many hosts run it', async (t) => {
  const { at, first, second } = await twoGenerations(t)
  const hosts = [
    { host: 'node01', generation: first },
    { host: 'node02', generation: first },
  ]
  const table = await run(hosts, 'list', ...at)
  t.is(table.code, 0)
  t.regex(table.out, /^IMAGE +GENERATION +PUBLISHED/)
  const json = await run(hosts, 'list', ...at, '--output', 'json')
  t.like(JSON.parse(json.out), [
    { image: 'dom0', generation: second, published: false, kernel: '6.13.1', hosts: 0, state: 'signed' },
    { image: 'dom0', generation: first, published: true, suite: 'trixie', xen: '4.20.0+68-1', packages: 3, hosts: 2 },
  ])
  const none = await run([], 'list', '--data-dir', '/nonexistent')
  t.like(none, { code: 0, out: 'No image was imported yet: hostless image import, or hostless image build.\n' })
})

test('the data directory comes from a configuration', async (t) => {
  const { dataDir, folder, first } = await twoGenerations(t)
  const config = join(folder, 'hostless.yaml')
  await writeFile(config, `dataDir: ${dataDir}\nnetwork: { interface: eth1 }\n`)
  t.regex((await run([], 'list', '--config', config)).out, new RegExp(first))
  await writeFile(config, 'dataDir: [1]\n')
  t.like(await run([], 'list', '--config', config), {
    code: 1,
    err: `error: ${config}: dataDir must be an absolute path, like /var/lib/hostless\n`,
  })
  const missing = await run([], 'list', '--config', join(folder, 'none.yaml'))
  t.regex(missing.err, /none\.yaml cannot be read as a configuration: ENOENT/)
  await writeFile(config, 'a: [')
  t.is((await run([], 'list', '--config', config)).code, 1)
})

test('show tells the published generation, or the one that is named by its beginning', async (t) => {
  const { at, first, second } = await twoGenerations(t)
  const shown = async (reference: string) =>
    JSON.parse((await run([{ host: 'node01', generation: first }], 'show', reference, ...at, '--output', 'json')).out)
  t.like(await shown('dom0'), { summary: { generation: first, published: true, hosts: 'node01', dom0memory: 640 } })
  t.like(await shown(`dom0@${second.slice(0, 10)}`), { summary: { generation: second, published: false, hosts: null } })
  const all = await shown('dom0')
  t.is(all.packages.length, 3)
  t.is(all.components.length, 7)
  t.regex((await run([], 'show', 'dom0', ...at)).out, /Image +dom0\n[\s\S]*\nPackages\nPACKAGE +VERSION +SIZE\ndpkg/)
})

test('show --against tells what a host gains and loses, with --files for each file', async (t) => {
  const { at, first, second } = await twoGenerations(t)
  const { out } = await run([], 'show', `dom0@${second}`, '--against', first, '--files', ...at, '--output', 'json')
  const difference = JSON.parse(out)
  t.like(difference, {
    summary: { against: first },
    versions: [{ name: 'kernel', from: '6.12.48+deb13-amd64', to: '6.13.1' }],
    packages: [],
  })
  t.deepEqual(difference.files, [{ change: 'added', path: 'etc/new', what: '' }])
  t.true(difference.components.some(({ file }: { file: string }) => file === 'vmlinuz'))
  t.is((await run([], 'show', `dom0@${second}`, '--against', first, ...at)).code, 0)
})

test('unknown names and ids get the nearest one, ambiguous ones their candidates', async (t) => {
  const { at, first, second } = await twoGenerations(t)
  t.like(await run([], 'show', 'dom1', ...at), { code: 1, err: 'error: there is no image "dom1": did you mean dom0?\n' })
  t.like(await run([], 'show', 'something', ...at), { code: 1, err: 'error: there is no image "something": there is dom0\n' })
  t.regex((await run([], 'verify', 'dom0', `${first.slice(0, 14)}zz`, ...at)).err, new RegExp(`did you mean ${first}\\?`))
  t.regex((await run([], 'verify', 'dom0', 'zzz', ...at)).err, new RegExp(`no generation "zzz": there are ${second}, ${first}|there are`))
  t.regex((await run([], 'show', 'dom0@', ...at)).err, /no generation ""/)
  t.regex((await run([], 'show', 'dom0', '--data-dir', '/nonexistent')).err, /none was imported yet/)
})

test('publish takes the newest unless another is named', async (t) => {
  const { at, first, second } = await twoGenerations(t)
  t.like(await run([], 'publish', 'dom0', ...at), { code: 0, out: `Published dom0@${second} in place of ${first}.\n` })
  t.like(await run([], 'publish', 'dom0', second, ...at), { code: 0, out: `dom0@${second} was published already.\n` })
})

test('verify looks at all generations, and exits with 1 when one is damaged', async (t) => {
  const { at, first, second, images } = await twoGenerations(t)
  t.like(await run([], 'verify', 'dom0', ...at), { code: 0, err: '' })
  const xen = join(images, second, 'xen')
  await chmod(xen, 0o644)
  await appendFile(xen, 'x')
  const ran = await run([], 'verify', 'dom0', ...at, '--output', 'json')
  t.is(ran.code, 1)
  t.deepEqual(JSON.parse(ran.out), [
    { image: 'dom0', generation: second, sound: false, problems: 'xen has 4097 bytes instead of 4096' },
    { image: 'dom0', generation: first, sound: true, problems: null },
  ])
  t.regex(ran.err, new RegExp(`^error: dom0@${second}: damaged`))
  t.is((await run([], 'verify', 'dom0', first, ...at)).code, 0)
})

test('remove refuses what is published or in use, and names the hosts; --force does it', async (t) => {
  const { at, first, second } = await twoGenerations(t)
  t.regex((await run([], 'remove', 'dom0', first, ...at)).err, /is published/)
  const hosts = [{ host: 'node07', generation: second }]
  const refused = await run(hosts, 'remove', 'dom0', second, ...at)
  t.is(refused.code, 1)
  t.regex(refused.err, /is the root of node07/)
  t.like(await run(hosts, 'remove', 'dom0', second.slice(0, 12), '--force', ...at), { code: 0, out: `Removed dom0@${second}.\n` })
  t.is(JSON.parse((await run([], 'list', ...at, '--output', 'json')).out).length, 1)
})

test('image show refuses a generation whose manifest was altered', async (t) => {
  const { at, first, images } = await twoGenerations(t)
  await chmod(join(images, first, 'manifest.json'), 0o644)
  await appendFile(join(images, first, 'manifest.json'), ' ')
  const ran = await run([], 'show', 'dom0', ...at)
  t.is(ran.code, 1)
  t.regex(ran.err, /not signed by our key/)
  t.regex((await run([], 'list', ...at)).out, /not signed by our key/)
})
