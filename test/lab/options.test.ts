import test from 'ava'
import { type LabCommand, parseLabCommand } from './options.ts'

const bootsOf = (command: LabCommand) => (command.kind === 'boot' ? command.options : undefined)
const reasonOf = (command: LabCommand) => (command.kind === 'refused' ? command.reason : '')

test('parseLabCommand boots two BIOS nodes of trixie over NFS when nothing is asked', (t) => {
  t.deepEqual(parseLabCommand([]), {
    kind: 'boot',
    options: { nodes: 2, keep: false, firmware: 'bios', suite: 'trixie', root: 'nfs', image: { kind: 'cached' } },
  })
})

test('parseLabCommand reads every option', (t) => {
  const argv = ['--nodes', '4', '--keep', '--firmware', 'uefi', '--suite', 'bookworm', '--root=ram', '--image', 'rebuild']
  t.deepEqual(bootsOf(parseLabCommand(argv)), {
    nodes: 4,
    keep: true,
    firmware: 'uefi',
    suite: 'bookworm',
    root: 'ram',
    image: { kind: 'rebuild' },
  })
  t.deepEqual(bootsOf(parseLabCommand(['--image', '/srv/data']))?.image, { kind: 'folder', folder: '/srv/data' })
})

test('parseLabCommand resumes the one rack that is saved, and refuses to make it another one', (t) => {
  t.deepEqual(parseLabCommand(['--resume']), { kind: 'resume', keep: false })
  t.deepEqual(parseLabCommand(['--resume', '--keep']), { kind: 'resume', keep: true })
  for (const other of [
    ['--nodes', '3'],
    ['--firmware', 'uefi'],
    ['--suite', 'bookworm'],
    ['--root', 'ram'],
  ]) {
    t.regex(reasonOf(parseLabCommand(['--resume', ...other])), /leave the other options out/, other.join(' '))
  }
  t.regex(reasonOf(parseLabCommand(['--resume', '--image', 'rebuild'])), /--resume.*cannot be used with.*--image/)
})

test('parseLabCommand hands what follows --ssh NAME to the node, options too', (t) => {
  t.deepEqual(parseLabCommand(['--ssh', 'node1', 'xl', 'list', '-l', '--help']), {
    kind: 'ssh',
    node: 'node1',
    argv: ['xl', 'list', '-l', '--help'],
  })
  t.deepEqual(parseLabCommand(['--ssh', 'node1']), { kind: 'ssh', node: 'node1', argv: [] })
})

test('parseLabCommand hands what follows --hostless to the command, options too', (t) => {
  t.deepEqual(parseLabCommand(['--hostless', 'host', 'list', '--output', 'json']), {
    kind: 'hostless',
    argv: ['host', 'list', '--output', 'json'],
  })
  t.regex(reasonOf(parseLabCommand(['--hostless', '--ssh', 'node1'])), /only one of/)
})

test('parseLabCommand reads power actions and consoles', (t) => {
  t.deepEqual(parseLabCommand(['--power', 'node2', 'cycle']), { kind: 'power', node: 'node2', action: 'cycle' })
  t.deepEqual(parseLabCommand(['--console', 'node2']), { kind: 'console', node: 'node2' })
  for (const argv of [
    ['--power', 'node2'],
    ['--power', 'node2', 'up'],
    ['--power', 'node2', 'on', 'off'],
  ]) {
    t.regex(reasonOf(parseLabCommand(argv)), /needs on, off, cycle, reset or status/)
  }
})

test('parseLabCommand refuses with the nearest match or what is allowed', (t) => {
  t.regex(reasonOf(parseLabCommand(['--nods', '3'])), /unknown option '--nods'\s+\(Did you mean --nodes\?\)/)
  t.regex(reasonOf(parseLabCommand(['--firmware', 'efi'])), /Allowed choices are bios, uefi, uefi-http/)
  for (const count of ['0', '17', 'two', '1.5', '-1', '']) t.regex(reasonOf(parseLabCommand(['--nodes', count])), /1 to 16 nodes/, count)
  t.regex(reasonOf(parseLabCommand(['up'])), /"up" is no option/)
  t.regex(reasonOf(parseLabCommand(['--console', 'a', '--ssh', 'b'])), /only one of/)
})

test('parseLabCommand explains itself', (t) => {
  const help = parseLabCommand(['--help'])
  t.is(help.kind, 'help')
  const text = help.kind === 'help' ? help.text : ''
  for (const word of ['--nodes', '--keep', '--console', '--ssh', '--power', '--image', 'Ctrl-]', 'root']) t.true(text.includes(word), word)
})
