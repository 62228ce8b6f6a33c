import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import type { SourceText } from './architecture/parsed.ts'
import { staleRules, violations } from './architecture/violations.ts'
import { LAYERS } from './architecture-rules.ts'

const ROOT = new URL('../', import.meta.url).pathname

function ourFiles(): SourceText[] {
  const folders = ['appliance', 'images', 'manager'].filter((folder) => existsSync(join(ROOT, folder)))
  const paths = folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.[cm]?ts$/.test(entry.name) && !entry.parentPath.includes('node_modules'))
      .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length)),
  )
  return paths.sort().map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))
}

const source = (path: string, text: string): SourceText => ({ path, text })
const of = (path: string, text: string): string[] => violations([source(path, text)])

test('every file of appliance, images and manager keeps the rules of design.md', (t) => {
  const files = ourFiles()
  t.true(files.length > 10)
  t.deepEqual(violations(files), [])
})

test('every room of manager/ has its layer, and no rule names what is not there', (t) => {
  t.deepEqual(staleRules(ourFiles().map(({ path }) => path)), [])
  const [first = '', ...others] = LAYERS.flat().map((room) => `manager/${room}`)
  t.true(staleRules(others).includes(`${first}: a rule names it, and it is not there`))
  t.true(staleRules(['manager/attic/a.ts']).includes('manager/attic: has no place among the layers'))
})

const FORBIDDEN_IMPORTS: readonly [path: string, text: string, reason: RegExp][] = [
  [
    'appliance/dhcp/codec.ts',
    "import { x } from '../tftp/codec.ts'",
    /:1: imports appliance\/tftp\/codec\.ts: servers .* never each other/,
  ],
  ['appliance/dhcp/codec.ts', "import type { X } from '../timeline/event.ts'", /servers of the appliance import wire and boot/],
  ['appliance/ra/server.ts', "export * from '../http/server.ts'", /never each other/],
  ['appliance/http/server.ts', "const x = await import('../store/leases.ts')", /import wire and boot/],
  ['appliance/tftp/server.ts', "let x: import('../dhcp/packet.ts').Packet", /never each other/],
  ['appliance/wire/cursor.ts', "import { x } from '../boot/plan.ts'", /appliance\/wire imports nothing of ours outside itself/],
  ['manager/protocol/agent.ts', "import { x } from '../inventory/hosts.ts'", /manager\/protocol imports nothing of ours/],
  ['appliance/boot/plan.ts', "import { x } from '../dhcp/lease.ts'", /boot is shared by the servers/],
  ['appliance/main.ts', "import { x } from '../manager/inventory/hosts.ts'", /only manager\/protocol/],
  ['images/agent/main.ts', "\nimport { x } from '../../manager/store/hosts.ts'", /:2: .*only manager\/protocol/],
  ['manager/main.ts', "import { x } from '../test/appliance/boot/plans.ts'", /nothing imports test\//],
  ['manager/main.ts', 'const x = require(name)', /computed name/],
  ['manager/store/tables/users.ts', "import type { Calls } from '../../doors/call.ts'", /doors lies above store/],
  ['manager/hosts/service.ts', "import type { Host } from '../contract/hosts.ts'", /contract lies above hosts/],
  [
    'manager/contract/hosts.ts',
    "import type { Pool } from '../hosts/service.ts'",
    /manager\/contract imports of ours only manager\/protocol/,
  ],
  ['manager/contract/boots.ts', "import { x } from '../../appliance/boot/plan.ts'", /manager\/contract imports of ours only/],
  ['manager/contract/hosts.ts', "import { x } from '../wording.ts'", /manager\/contract imports of ours only/],
  ['manager/cli/commands/alarm.ts', "import { x } from '../../alarms/watched.ts'", /manager\/cli asks a manager, and imports of it only/],
  ['manager/cli/engine/api/calls.ts', "import type { Calls } from '../../../doors/call.ts'", /manager\/cli asks a manager/],
  ['manager/cli/commands/manager.ts', "import { x } from '../../../test/program.ts'", /nothing imports test\//],
  ['manager/access/limit.ts', "import { take } from '../agents/rate.ts'", /agents lies above access/],
  ['manager/attic/a.ts', "import { x } from '../store/open.ts'", /attic has no place/],
]

for (const [path, text, reason] of FORBIDDEN_IMPORTS) {
  test(`the test finds: ${text.trim()} in ${path}`, (t) => {
    const found = of(path, text)
    t.is(found.length, 1, found.join('\n'))
    t.regex(found[0] ?? '', reason)
  })
}

test('imports that design.md allows are let through', (t) => {
  t.deepEqual(
    of(
      'appliance/dhcp/server.ts',
      "import { a } from './codec.ts'\nimport { b } from '../wire/cursor.ts'\nimport { c } from '../boot/plan.ts'\nimport 'zod'",
    ),
    [],
  )
  t.deepEqual(of('appliance/main.ts', "import { a } from '../manager/protocol/boot.ts'\nimport { b } from './dhcp/server.ts'"), [])
  t.deepEqual(of('manager/main.ts', "import { a } from '../appliance/config.ts'"), [])
  t.deepEqual(
    of('manager/contract/hosts.ts', "import { a } from '../protocol/host.ts'\nimport { b } from '../outcome.ts'\nimport 'zod'"),
    [],
  )
  t.deepEqual(of('manager/doors/call.ts', "import { a } from '../contract/contract.ts'\nimport { b } from '../access/acting.ts'"), [])
  t.deepEqual(
    of('manager/cli/commands/alarm.ts', "import { a } from '../../contract/alarms.ts'\nimport { b } from '../engine/answer.ts'"),
    [],
  )
  t.deepEqual(of('manager/cli/commands/manager.ts', "import { startManager } from '../../main.ts'"), [])
})

const FORBIDDEN_EFFECTS: readonly string[] = [
  "import { readFileSync } from 'node:fs'",
  "import fs from 'fs'",
  "import { readFile } from 'node:fs/promises'",
  "import * as net from 'node:net'",
  "import { createSocket } from 'node:dgram'",
  "import { request } from 'node:http'",
  "import { spawn } from 'node:child_process'",
  "import { execa } from 'execa'",
  "import Database from 'better-sqlite3'",
  "import pg from 'pg'",
  "import koffi from 'koffi'",
  "import 'koffi'",
  "export { readFileSync } from 'node:fs'",
  "const fs = await import('node:fs')",
  "const fs = require('fs')",
  'const now = Date.now()',
  'const clock = Date.now',
  'const now = globalThis.Date.now()',
  'const now = new Date()',
  'const now = Date()',
  'const x = Math.random()',
  'const x = performance.now()',
  "import { randomBytes } from 'node:crypto'",
  "import { randomUUID as id } from 'node:crypto'",
  "import crypto from 'node:crypto'\nconst x = crypto.randomBytes(1)",
  'const x = globalThis.crypto.randomUUID()',
  "const x = fetch('http://x')",
  'const x = setTimeout(f, 1)',
  'setInterval(f, 1)',
  'const later = globalThis.setImmediate',
  "import { setTimeout as delay } from 'node:timers/promises'",
  "import timers from 'node:timers'",
]

for (const text of FORBIDDEN_EFFECTS) {
  test(`the test finds an effect: ${text.replace('\n', '; ')}`, (t) => {
    const found = of('appliance/dhcp/decision.ts', text)
    t.is(found.length, 1, found.join('\n'))
    t.regex(found[0] ?? '', /^appliance\/dhcp\/decision\.ts:\d: (imports|uses) .*touch the world$/)
    const allowed = ['appliance/main.ts', 'images/agent/exec.ts', 'images/publish.ts', 'manager/store/open.ts']
    const alike = ['appliance/dhcp/main.ts', 'appliance/boot/exec.ts', 'manager/hosts/runner.ts', 'manager/cpu/store/a.ts']
    for (const path of allowed) t.deepEqual(of(path, text), [], path)
    for (const path of alike) t.is(of(path, text).length, 1, `${path} is called like one that may`)
  })
}

test('what is pure is let through: types, hashes, dates of a given time, comments and strings', (t) => {
  const pure = [
    "import type { Socket } from 'node:dgram'",
    "import { type Server } from 'node:http'",
    "import { createHash, createHmac, timingSafeEqual } from 'node:crypto'",
    'const day = new Date(0)',
    '// Date.now() and import fs from "node:fs"',
    "const text = 'Math.random()'",
    'const x = `new Date()`',
    "import { STATUS_CODES } from 'node:http'",
    'function fetch(): void {}\nfetch()',
    'interface Clock { setTimeout(f: () => void): void }\nconst go = (clock: Clock) => clock.setTimeout(f)',
  ].join('\n')
  t.deepEqual(of('appliance/dhcp/decision.ts', pure), [])
})

test('the test finds import cycles, of types too, and shows the way round', (t) => {
  const cycle = violations([
    source('manager/store/a.ts', "import type { B } from './b.ts'"),
    source('manager/store/b.ts', "export { C } from './x/c.ts'"),
    source('manager/store/x/c.ts', "import { a } from '../a.ts'"),
    source('manager/store/d.ts', "import { a } from './a.ts'"),
  ])
  t.deepEqual(cycle, [
    'manager/store/a.ts:1: import cycle: manager/store/a.ts → manager/store/b.ts → manager/store/x/c.ts → manager/store/a.ts',
  ])
  t.is(of('manager/store/a.ts', "import { a } from './a.ts'").length, 1, 'a file that imports itself')
})

test('the test finds vague names and files that are too long', (t) => {
  for (const name of ['util', 'utils', 'helper', 'helpers', 'common', 'misc']) {
    t.regex(of(`manager/${name}.ts`, '')[0] ?? '', new RegExp(`is called ${name}\\.ts`))
    t.is(of(`manager/${name}/a.ts`, '').length, 1)
  }
  t.deepEqual(of('manager/commonality.ts', ''), [])
  t.deepEqual(of('manager/long.ts', '\n'.repeat(299).concat('x\n')), [])
  t.regex(of('manager/long.ts', '\n'.repeat(300).concat('x\n'))[0] ?? '', /has 301 lines/)
})
