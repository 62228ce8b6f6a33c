import test from 'ava'
import fc from 'fast-check'
import { readProperties } from '../../../manager/protocol/property-file.ts'

const GOOD = `# what the site watches
[ram_free]
command=/usr/bin/awk
parameters='/MemFree/ {print $2}' /proc/meminfo
return_type=int
ticks=60

; another
[lab.colour]
command = printf "a  b" '' c"d e"f
return_type = string
ticks = 86400
`

const faultsOf = (text: string): readonly string[] => {
  const read = readProperties(text)
  return read.kind === 'refused' ? read.faults : []
}

test('the file of the Perugia client is read: commands are split without a shell', (t) => {
  t.deepEqual(readProperties(GOOD), {
    kind: 'properties',
    definitions: [
      { name: 'ram_free', command: ['/usr/bin/awk', '/MemFree/ {print $2}', '/proc/meminfo'], type: 'int', seconds: 60 },
      { name: 'lab.colour', command: ['printf', 'a  b', '', 'cd ef'], type: 'string', seconds: 86_400 },
    ],
  })
  t.deepEqual(readProperties(''), { kind: 'properties', definitions: [] })
})

const WRONG: readonly [text: string, fault: RegExp][] = [
  ['command=x', /^line 1: command= comes before the first \[name\]$/],
  ['[a]\ncommand=x\nreturn_type=int\nticks=5\nshell=yes', /^line 5: expected \[name\] or one of command=/],
  ['[a]\ncommand=x\nreturn_type=int\nticks=5\nnoise', /^line 5: expected/],
  ['[a]\ncommand=x\ncommand=y\nreturn_type=int\nticks=5', /^line 3: command= is there twice$/],
  ['[a]\nreturn_type=int\nticks=5', /^line 1: a has no command=$/],
  ['[a]\ncommand=\nreturn_type=int\nticks=5', /^line 2: a has no command=$/],
  ['[a]\ncommand=bin/x\nreturn_type=int\nticks=5', /^line 2: a command is an absolute path/],
  ['[a]\ncommand="x y"\nreturn_type=int\nticks=5', /^line 2: a command is an absolute path/],
  ["[a]\ncommand=x 'y\nreturn_type=int\nticks=5", /^line 2: the command has a quote without its other one$/],
  ['[a]\ncommand=x\nparameters="\nreturn_type=int\nticks=5', /^line 3: the parameters have a quote/],
  ['[a]\ncommand=x\nreturn_type=number\nticks=5', /^line 3: a needs return_type= with one of int float string bool$/],
  ['[a]\ncommand=x\nreturn_type=int\nticks=0', /^line 4: a needs ticks=/],
  ['[a]\ncommand=x\nreturn_type=int\nticks=86401', /^line 4: a needs ticks=/],
  ['[a]\ncommand=x\nreturn_type=int', /^line 1: a needs ticks=/],
  ['[a b]\ncommand=x\nreturn_type=int\nticks=5', /^line 1: a property is named by/],
  ['[a]\ncommand=x\nreturn_type=int\nticks=5\n[a]\ncommand=x\nreturn_type=int\nticks=5', /^line 5: there is a property a already$/],
]

for (const [text, fault] of WRONG) {
  test(`refused with its line: ${JSON.stringify(text)}`, (t) => {
    const faults = faultsOf(text)
    t.is(faults.length, 1, faults.join('\n'))
    t.regex(faults[0] ?? '', fault)
  })
}

test('more properties than a host can run are refused', (t) => {
  const many = Array.from({ length: 129 }, (_, index) => `[p${index}]\ncommand=x\nreturn_type=int\nticks=5`).join('\n')
  t.regex(faultsOf(many)[0] ?? '', /there are 129/)
})

test('no text throws, and what is read has a program that is a word of the text', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 30 }), fc.nat(GOOD.length), fc.nat(20), (noise, at, cut) => {
      const read = readProperties(GOOD.slice(0, at) + noise + GOOD.slice(at + cut))
      if (read.kind === 'refused') t.true(read.faults.length > 0 && read.faults.every((one) => one.length < 300))
      else for (const { command } of read.definitions) t.regex(command[0], /^(\/\S+|[A-Za-z0-9_.+-]+)$/)
    }),
  )
})
