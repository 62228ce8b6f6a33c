import test from 'ava'
import fc from 'fast-check'
import { multibootBytes } from '../../../appliance/boot/budget.ts'
import { autoexecScript, bootScript, problemFor, refusalScript, xenConfig } from '../../../appliance/boot/script.ts'
import { compileTemplates, consoleText, TEMPLATE_FILES } from '../../../appliance/boot/templates.ts'
import { golden, neverEnds } from './golden.ts'
import { bootable, IDENTITY, imageName, ipv4, mac, plan, request, templates } from './plans.ts'

const FILL = templates()

test('the script of a host is the golden one, for BIOS and UEFI, root over NFS', (t) => {
  const { text, problems } = bootScript(FILL, plan(), IDENTITY)
  t.deepEqual(problems, {})
  golden(t, 'node01-nfs.ipxe', text)
  neverEnds(t, text)
})

test('the script of a bonded host on a VLAN with its root in RAM is the golden one', (t) => {
  const bond = { mode: '802.3ad', members: [mac('52:54:00:77:00:01'), mac('52:54:00:77:00:02')] }
  const planned = plan({ host: { name: 'node01', maintenance: false, root: 'ram', vlan: 100, bond } })
  const { text, problems } = bootScript(FILL, planned, IDENTITY)
  golden(t, 'node01-ram-bond-vlan.ipxe', text)
  t.is(problems.uefi, undefined)
  neverEnds(t, text)
})

test('xen.cfg is the golden one', (t) => {
  const rendered = xenConfig(FILL, plan(), IDENTITY)
  if (rendered.kind !== 'config') return t.fail(rendered.reason)
  golden(t, 'node01.xen.cfg', rendered.text)
})

test('autoexec.ipxe and the script of a refusal are the golden ones', (t) => {
  const { server } = request()
  const reason = 'image dom0 has no published generation: run hostless image build dom0'
  const refused = refusalScript(FILL, { kind: 'refused', name: 'node01', reason }, mac('52:54:00:77:00:01'), server)
  golden(t, 'refused.ipxe', refused)
  neverEnds(t, refused)
  const autoexec = autoexecScript(FILL, server)
  golden(t, 'autoexec.ipxe', autoexec)
  neverEnds(t, autoexec)
})

test('a TFTP port of its own is in the URLs', (t) => {
  const server = { ...request().server, tftpPort: 1069 }
  t.regex(autoexecScript(FILL, server), /tftp:\/\/10\.77\.0\.1:1069\/boot\/\$\{netX\/mac:hexhyp\}/)
  t.regex(bootScript(FILL, plan({ server }), IDENTITY).text, /kernel tftp:\/\/10\.77\.0\.1:1069\/g\//)
})

test('what iPXE keeps of a rendered script fits, computed from the script itself', (t) => {
  const { text } = bootScript(FILL, plan(), IDENTITY)
  for (const transport of ['http', 'tftp']) {
    const line = text.split('\n').find((candidate) => candidate.startsWith(`kernel ${transport}:`)) ?? ''
    const commands = line.split(' && ').slice(0, 3)
    const images = commands.map((command) => {
      const [, uri = '', ...args] = command.split(' ')
      return { uri, line: args.join(' ') }
    })
    t.is(images.length, 3)
    t.true(multibootBytes(images) <= 512)
  }
})

test('one byte over the 512 of iPXE turns the BIOS part into an error that says so, and leaves UEFI alone', (t) => {
  const withFiller = (bytes: number) =>
    bootScript(FILL, plan({ defaults: { ...request().defaults, kernelArguments: ['k'.repeat(bytes)] } }), IDENTITY)
  let fits = 1
  while (withFiller(fits + 1).problems.bios === undefined) fits += 1
  const kernelLine =
    withFiller(fits)
      .text.split('\n')
      .find((line) => line.startsWith('kernel http:')) ?? ''
  const images = kernelLine
    .split(' && ')
    .slice(0, 3)
    .map((command) => ({ uri: command.split(' ')[1] ?? '', line: command.split(' ').slice(2).join(' ') }))
  t.is(multibootBytes(images), 512, 'the longest that is let through fills it exactly')

  const over = withFiller(fits + 1)
  t.regex(
    over.problems.bios ?? '',
    new RegExp(`need 513 bytes on BIOS and iPXE has 512: 1 too many\\. Longest settings: boot\\.kernelArguments ${fits + 2} bytes`),
  )
  t.is(over.problems.uefi, undefined)
  golden(t, 'over-budget.ipxe', over.text)
  neverEnds(t, over.text)
  t.regex(problemFor(over, 'bios') ?? '', /513/)
  t.is(problemFor(over, 'uefi'), undefined)
  t.is(problemFor(over, undefined), undefined, 'it may be UEFI')
})

test('the worst addresses and the longest names of an ordinary boot are measured, not guessed', (t) => {
  const server = { address: ipv4('255.255.255.254'), httpPort: 65535, nfsPort: 65535, tftpPort: 65535 }
  const lease = { address: ipv4('255.255.255.253'), prefix: 30, router: ipv4('255.255.255.254'), dns: [ipv4('255.255.255.254')] }
  const image = imageName('i'.repeat(32))
  const long = bootScript(
    FILL,
    plan({ server, lease, host: { name: 'n'.repeat(63), maintenance: false }, published: () => bootable(undefined, { image }) }),
    IDENTITY,
  )
  t.regex(
    long.problems.bios ?? '',
    /Longest settings: name of the host 72 bytes, dhcp\.router, dhcp\.dns \d+ bytes, image \(its name\) \d+ bytes/,
  )
})

test('a generation without xen.efi has an error in the UEFI part', (t) => {
  const { text, problems } = bootScript(
    FILL,
    plan({ published: () => bootable(undefined, { files: ['xen', 'vmlinuz', 'initrd.img'] }) }),
    IDENTITY,
  )
  t.regex(problems.uefi ?? '', /no xen\.efi/)
  t.regex(text, /^:uefi\necho Hostless: node01 cannot boot: generation 0123456789abcdef of dom0 has no xen\.efi/m)
  t.regex(text, /^kernel http:/m)
  neverEnds(t, text)
})

test('no hostile host name reaches a script or xen.cfg', (t) => {
  const hostile = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      `\${net0/mac}`,
      'a\nshell',
      'a || shell',
      'a && reboot',
      '# x',
      '{{kernel}}',
      '{{{kernel}}}',
      'a\0b',
      '\u2028shell',
      '--name x',
      `$\${x}{y}`,
    ),
  )
  const safe = bootScript(FILL, plan({ host: { name: 'safe', maintenance: false } }), IDENTITY).text
  fc.assert(
    fc.property(hostile, (name) => {
      fc.pre(!/^[A-Za-z0-9_.,:=/@%+-]*$/.test(name))
      const planned = plan({ host: { name, maintenance: false } })
      const { text, problems } = bootScript(FILL, planned, IDENTITY)
      t.truthy(problems.bios)
      t.truthy(problems.uefi)
      t.is(xenConfig(FILL, planned, IDENTITY).kind, 'refused')
      const refused = refusalScript(
        FILL,
        { kind: 'refused', name, reason: `${name} is ${name}` },
        mac('52:54:00:77:00:01'),
        request().server,
      )
      for (const script of [text, refused]) {
        // Only echo and the comment carry text; nothing in it can expand, end the line, or begin another command.
        const lines = script.split('\n')
        for (const line of lines.filter((one) => /^(echo|#) /.test(one))) t.notRegex(line.slice(1), /[\p{Cc}#;&|\\{}"'$]/u)
        t.false(lines.some((line) => /^(shell|reboot)/.test(line)))
        neverEnds(t, script)
      }
      t.is(text.match(/\$\{/g)?.length, 1, 'the only setting is our own platform')
      t.false(text.includes('kernel http'))
      t.true(safe.includes('kernel http'))
    }),
  )
})

test('consoleText keeps words and drops what iPXE would read', (t) => {
  t.is(consoleText(`run hostless image build dom0 (now); \${x} "y" && #z || \`w\` \\`), 'run hostless image build dom0 (now) x y z w')
  t.true(consoleText('x'.repeat(1000)).length <= 400)
})

test('a template has named holes only, and every hole must be filled', (t) => {
  const texts = Object.fromEntries(TEMPLATE_FILES.map((file) => [file, 'x {{name}}']))
  const fill = compileTemplates(texts)
  t.is(fill('boot.ipxe.hbs', { name: '<&">' }), 'x <&">', 'no HTML escapes')
  t.throws(() => fill('boot.ipxe.hbs', {}), { any: true, message: /"name" not defined/ })
  for (const logic of ['{{#if a}}x{{/if}}', '{{{a}}}', '{{> b}}', '{{lookup a b}}', '{{!x}}', '{{& a}}']) {
    t.throws(() => compileTemplates({ ...texts, 'boot.ipxe.hbs': logic }), { message: /boot\.ipxe\.hbs has more than named holes/ }, logic)
  }
  t.throws(() => compileTemplates({}), { message: /autoexec\.ipxe\.hbs is missing/ })
})
