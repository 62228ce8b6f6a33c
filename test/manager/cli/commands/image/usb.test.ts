import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import test, { type ExecutionContext } from 'ava'
import { Command } from 'commander'
import { execa } from 'execa'
import { parseConfig } from '../../../../../appliance/config.ts'
import { publish } from '../../../../../images/publish.ts'
import { addImageCommands } from '../../../../../manager/cli/commands/image/image.ts'
import { chosenHost } from '../../../../../manager/cli/commands/image/usb/choices.ts'
import { addUsbCommand } from '../../../../../manager/cli/commands/image/usb/usb.ts'
import { runProgram } from '../../../../../manager/cli/engine/failure.ts'
import { imported, quiet, setUp } from '../../../../images/fake-image.ts'
import { fileOnIso, Kept, stickInitramfs } from '../../../../images/stick/sticks.ts'

async function place(t: ExecutionContext, published: 'published' | 'not published' = 'published') {
  const made = await setUp(t)
  await writeFile(made.files['initrd.img'], await stickInitramfs('zstd'))
  const { image, generation } = await imported(made.dataDir, made.files)
  if (published === 'published') await publish(made.dataDir, image, generation, quiet)
  const config = join(made.folder, 'rack.yaml')
  const yaml = `dataDir: ${made.dataDir}
network: { interface: eth1, address: 10.77.0.1/24 }
dhcp: { pool: 10.77.0.100-10.77.0.199, router: 10.77.0.1 }
hosts:
  - { name: node07, mac: 52:54:00:77:00:07, address: 10.77.0.27, vlan: 100 }
  - { name: node08, mac: 52:54:00:77:00:08 }
`
  await writeFile(config, yaml)
  return { ...made, generation, config, yaml, stick: join(made.folder, 'stick.img') }
}

async function run(argv: readonly string[], standard: Writable & { readonly isTTY?: boolean } = new Kept()) {
  const [out, err]: [string[], string[]] = [[], []]
  const terminal = (texts: string[]) => ({ write: (text: string) => void texts.push(text), columns: undefined, colour: false })
  const program = new Command('hostless')
  const deps = { out: terminal(out), err: terminal(err), log: quiet, hostsRunning: async () => [] }
  const image = addImageCommands(program, deps)
  addUsbCommand(image, deps, standard)
  for (const command of [program, image, ...image.commands]) {
    command.configureOutput({ writeOut: (text) => void out.push(text), writeErr: (text) => void err.push(text) })
  }
  const code = await runProgram(program, ['image', 'usb', ...argv], (text) => void err.push(text))
  return { code, out: out.join(''), err: err.join('') }
}

test.serial('--alone writes a whole stick for a host, with its reserved address, the generation and its hash', async (t) => {
  const { config, stick, folder, generation, images } = await place(t)
  const ran = await run(['dom0', '--for', 'node07', '--alone', '--config', config, '--output', stick])
  t.is(ran.code, 0, ran.err)
  t.regex(ran.err, new RegExp(`^Wrote [\\d.]+ MiB to .*stick\\.img: a stick for node07, boots dom0@${generation} by itself\\.\\n$`))
  const grub = (await fileOnIso(stick, '/boot/grub/grub.cfg', folder)).toString()
  const manifest = JSON.parse(await readFile(join(images, generation, 'manifest.json'), 'utf8'))
  const hash = Buffer.from(manifest.components['root.squashfs'].sha256, 'hex').toString('base64url')
  t.true(
    grub.includes(` hl.root=stick:dom0:${generation}:${hash} hl.net=525400770007,10.77.0.27/24,10.77.0.1 hl.name=node07 hl.vlan=100\n`),
    grub,
  )
  t.deepEqual(
    await fileOnIso(stick, `/hostless/${generation}/root.squashfs`, folder),
    await readFile(join(images, generation, 'root.squashfs')),
  )
  t.regex((await execa('sgdisk', ['-v', stick])).stdout, /No problems found/)
  t.deepEqual(
    (await readdir(folder)).filter((name) => name.includes('unfinished')),
    [],
  )
})

test.serial('without --alone it goes to standard output, with the script that asks the appliances', async (t) => {
  const { config, stick, folder } = await place(t)
  const standard = new Kept()
  const ran = await run(['dom0', '--any', '--config', config, '--appliance', '10.77.0.1', '10.77.0.2:80'], standard)
  t.is(ran.code, 0, ran.err)
  t.regex(ran.err, /^Wrote [\d.]+ MiB: a stick for any machine, boots what the appliance says\.\n/)
  t.is(ran.out, '')
  await writeFile(stick, standard.bytes)
  const script = (await fileOnIso(stick, '/hostless/stick.ipxe', folder)).toString()
  t.regex(script, /http:\/\/10\.77\.0\.1:8067\/boot\/\S+ \|\|\nchain --replace --autofree http:\/\/10\.77\.0\.2:80\/boot\//)
})

test('a host that the config does not know is named by its MAC, one that it knows by any MAC too', (t) => {
  const parsed = parseConfig(
    'network: { interface: eth1, address: 10.77.0.1/24 }\ndhcp: { mode: proxy }\nhosts: [{ name: node07, mac: 52:54:00:77:00:07 }]\n',
    'x',
    {},
  )
  if (parsed.kind === 'refused') return t.fail(JSON.stringify(parsed.problems))
  const unknown = chosenHost(parsed.config, { for: '52-54-00-77-00-09' })
  t.deepEqual(unknown, { host: { name: 'host-525400770009', maintenance: false }, macs: ['52:54:00:77:00:09'] } as never)
  t.is(chosenHost(parsed.config, { for: '525400770007' })?.host.name, 'node07')
  t.is(chosenHost(parsed.config, { any: true }), undefined)
})

test.serial('a manifest or a file that was altered is refused, and not a byte is written', async (t) => {
  for (const [file, problem] of [
    ['manifest.json', /is not signed by our key/],
    ['root.squashfs', /root\.squashfs has \d+ bytes instead of/],
    ['vmlinuz', /vmlinuz has \d+ bytes instead of/],
  ] as const) {
    const { config, images, generation, stick, folder } = await place(t)
    await appendFile(join(images, generation, file), ' ')
    const standard = new Kept()
    const ran = await run(['dom0', '--any', '--alone', '--config', config], standard)
    t.is(ran.code, 1, file)
    t.regex(ran.err, /dom0@[0-9a-f]{16} is not what was signed, nothing is written/)
    t.regex(ran.err, problem)
    t.is(standard.bytes.length, 0)
    t.is((await run(['dom0', '--any', '--config', config, '--output', stick])).code, 1, 'nor one that the appliance would have to refuse')
    t.deepEqual((await readdir(folder)).sort(), ['data', 'inputs', 'rack.yaml'])
  }
})

test.serial('what cannot be made is refused with what to do', async (t) => {
  const { config, folder, yaml, generation } = await place(t)
  await mkdir(join(folder, 'directory'))
  const managed = join(folder, 'managed.yaml')
  await writeFile(managed, `${yaml}manager: { listen: 10.77.0.1:8443 }\n`)
  const terminal = Object.assign(new Kept(), { isTTY: true })
  const cases: readonly [readonly string[], number, RegExp][] = [
    [['--config', config], 2, /say for whom the stick is: --for HOST \(or its MAC\), or --any/],
    [['--any', '--for', 'node07', '--config', config], 2, /say for whom/],
    [['--for', 'node09', '--config', config], 4, /no host "node09" \(it has node07, node08\): give its MAC.*--any/],
    [['--any', '--config', config, '--appliance', 'boss'], 2, /--appliance "boss": an IPv4 address/],
    [['--any', '--config', join(folder, 'none.yaml')], 1, /ENOENT.*--config FILE/],
    [['--any', '--config', config], 2, /nothing for a terminal: add --output FILE/],
    [['--any', '--config', config, '--output', join(folder, 'directory')], 2, /no regular file/],
    [
      ['--any', '--alone', '--config', managed, '--output', join(folder, 'x')],
      1,
      /whom its hosts may believe: there is no .*manager-ca\.pem/,
    ],
  ]
  for (const [argv, code, message] of cases) {
    const ran = await run(['dom0', ...argv], terminal)
    t.is(ran.code, code, argv.join(' '))
    t.regex(ran.err, message)
  }
  t.regex((await run([`dom0@${generation}`, '--any', '--config', config])).err, /the appliance chooses the generation/)
  t.is(terminal.bytes.length, 0)
  const help = await run(['--help'])
  t.regex(help.out, /There is no key, token or password on it/)
})

test.serial('an image that is not published, or whose initramfs knows no stick, makes none', async (t) => {
  const unpublished = await place(t, 'not published')
  t.regex(
    (await run(['dom0', '--any', '--config', unpublished.config])).err,
    /no generation of dom0 is published: hostless image publish dom0/,
  )
  const made = await setUp(t)
  const { image, generation } = await imported(made.dataDir, made.files)
  await publish(made.dataDir, image, generation, quiet)
  const config = join(made.folder, 'rack.yaml')
  await writeFile(
    config,
    `dataDir: ${made.dataDir}\nnetwork: { interface: eth1, address: 10.77.0.1/24 }\ndhcp: { pool: 10.77.0.100-10.77.0.199 }\n`,
  )
  const ran = await run(['dom0', '--any', '--alone', '--config', config])
  t.regex(ran.err, new RegExp(`dom0@${generation}: its initramfs does not know how to boot from a stick: build the image anew`))
})
