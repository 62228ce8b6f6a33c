// The Debian package on a bare Debian 12 and 13: installed without a network, without a question and without a start; run, upgraded,
// removed, purged and installed again. There is no systemd in a chroot: what it would start is started as its users here.
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import Database from 'better-sqlite3'
import { execa } from 'execa'
import { NEEDED } from '../../manager/doctor/checks/programs.ts'
import { buildDeb } from '../../manager/service/debian/build.ts'
import { openStore } from '../../manager/store/database.ts'
import { sqlite } from '../../manager/store/dialects/sqlite.ts'
import { MIGRATIONS } from '../../manager/store/migrations/steps.ts'
import { addOldHost } from '../manager/store/old-hosts.ts'
import { bareDebian, type Chroot, leftovers, SUITES } from './chroot.ts'

const ROOT = new URL('../..', import.meta.url).pathname.replace(/\/$/, '')
const EPOCH = 1_700_000_000
const WANTED = [...new Set(['systemd', 'libstdc++6', ...NEEDED.map((one) => one.package)])].sort()
const CONFIG = 'network: { interface: lo, address: 127.0.0.1/8 }\ndhcp: { mode: off }\nmanager: { listen: "127.0.0.1:8443" }\n'
/** The schema of the database that the older package leaves. */
const OLD = 1

const made = { folder: '', older: '', newer: '' }

test.before(async () => {
  made.folder = await mkdtemp(join(tmpdir(), 'hostless-deb-test-'))
  const compiled = join(made.folder, 'dist')
  await execa(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', compiled], { cwd: ROOT })
  const common = { root: ROOT, into: made.folder, epoch: EPOCH, compression: 'quick', compiled } as const
  made.older = await buildDeb({ ...common, version: '0.0.9' })
  made.newer = await buildDeb({ ...common, version: '9.0.0+new' })
})

test.after.always(() => rm(made.folder, { recursive: true, force: true }))

test('the same tree gives the same bytes', async (t) => {
  const into = join(made.folder, 'again')
  const compiled = join(made.folder, 'dist')
  const again = await buildDeb({ root: ROOT, into, epoch: EPOCH, compression: 'quick', compiled, version: '0.0.9' })
  t.true((await readFile(again)).equals(await readFile(made.older)))
  const { stdout: list } = await execa('dpkg-deb', ['--contents', again])
  t.deepEqual(
    list.split('\n').filter((line) => !/^(drwxr-xr-x|-rw-r--r--|-rwxr-xr-x) root\/root +\d+ 2023-11-14 /.test(line)),
    [],
  )
})

for (const suite of SUITES) {
  test(`${suite}: installed, run, upgraded with a copy of the database, removed, purged, installed again`, async (t) => {
    const debian = await bareDebian(suite, WANTED)
    try {
      await installed(t, debian)
      await upgraded(t, debian)
      await removed(t, debian)
    } finally {
      await debian.discard()
    }
  })
}

test('nothing of it is left on the machine but the bases that are kept', async (t) => {
  t.deepEqual(await leftovers(), [])
})

async function installed(t: ExecutionContext, debian: Chroot): Promise<void> {
  await put(debian, made.older)
  const install = await does(t, debian, 'apt-get install --yes /opt/hostless.deb')
  t.regex(install, /nothing is started before it is configured/)
  t.is(await does(t, debian, 'hostless --version'), '0.0.9')
  t.is(await does(t, debian, 'dpkg --verify hostless'), '')
  t.deepEqual((await does(t, debian, 'dpkg-query --control-list hostless')).split('\n').sort(), ['md5sums', 'postinst', 'postrm', 'prerm'])
  t.is(await does(t, debian, 'stat -c "%U:%G %a" /var/lib/hostless /var/lib/hostless/keys /var/lib/hostless-appliance'), OWNERS)
  t.is(await does(t, debian, 'find /etc -name "*hostless*"'), '', 'nothing is enabled, nothing is in /etc')
  t.is(await does(t, debian, 'touch /etc/hostless.yaml; systemd-analyze verify /usr/lib/systemd/system/hostless-*.service'), '')
  const exposures = await does(
    t,
    debian,
    'for unit in /usr/lib/systemd/system/hostless-*.service; do systemd-analyze security --offline=true --no-pager $unit | grep Overall; done',
  )
  for (const [, exposure] of exposures.matchAll(/: ([\d.]+)/g)) t.true(Number(exposure) <= 2.5, exposures)
  await writeFile(debian.path('/etc/hostless.yaml'), CONFIG)
  const { said } = await debian.run('hostless doctor --only config,node,packages,interface --output csv')
  for (const check of ['config', 'node', 'packages', 'interface']) t.regex(said, new RegExp(`^${check},ok,`, 'm'), said)
  t.notRegex(said, /,failed,/)
  t.regex(await does(t, debian, 'hostless install'), /hostless-manager.service: is as it should be/)
  t.is(await does(t, debian, 'find /etc/systemd/system -name "hostless*.service"'), '')
  t.regex(await does(t, debian, 'bash -c "source /usr/share/bash-completion/completions/hostless; complete -p hostless"'), /_hostless/)
}

const OWNERS = 'hostless:hostless 755\nhostless:hostless-appliance 2710\nhostless-appliance:hostless-appliance 700'

async function upgraded(t: ExecutionContext, debian: Chroot): Promise<void> {
  await leaveOldDatabase(debian.path('/var/lib/hostless/manager.db'))
  await does(t, debian, 'chown hostless:hostless /var/lib/hostless/manager.db')
  await put(debian, made.newer)
  const upgrade = await does(t, debian, 'apt-get install --yes /opt/hostless.deb')
  t.notRegex(upgrade, /nothing is started|dpkg: warning/)
  t.is(await does(t, debian, 'hostless --version'), '9.0.0+new')
  t.is(await readFile(debian.path('/etc/hostless.yaml'), 'utf8'), CONFIG)
  t.regex(await does(t, debian, serving('hostless', 'manager', ASK_MANAGER)), /^manager answers$/m)
  t.regex(await does(t, debian, serving('hostless-appliance', 'appliance', ASK_APPLIANCE)), /^appliance answers$/m)
  t.deepEqual(hostsIn(debian.path('/var/lib/hostless/manager.db')), ['old'])
  t.deepEqual(hostsIn(debian.path(`/var/lib/hostless/manager.db.schema-${OLD}`)), ['old'])
}

async function removed(t: ExecutionContext, debian: Chroot): Promise<void> {
  const authority = await readFile(debian.path('/var/lib/hostless/keys/manager-ca.pem'))
  await does(
    t,
    debian,
    'mkdir -p /etc/systemd/system/multi-user.target.wants && cd /etc/systemd/system/multi-user.target.wants && ln -s /usr/lib/systemd/system/hostless-manager.service .',
  )
  await does(t, debian, 'apt-get remove --yes hostless')
  t.is(await does(t, debian, 'ls -d /usr/lib/hostless /usr/bin/hostless /usr/lib/systemd/system/hostless-* 2>/dev/null || :'), '')
  t.is(await readFile(debian.path('/etc/hostless.yaml'), 'utf8'), CONFIG)
  t.deepEqual(hostsIn(debian.path('/var/lib/hostless/manager.db')), ['old'])
  const purge = await does(t, debian, 'dpkg --purge hostless')
  t.regex(purge, /hostless: \/var\/lib\/hostless stays, for root alone/)
  t.is(await does(t, debian, 'find / -xdev \\( -nouser -o -nogroup \\) -print; getent passwd hostless hostless-appliance || :'), '')
  t.is(await does(t, debian, 'find /etc /usr -name "*hostless*"'), '')
  t.is((await stat(debian.path('/var/lib/hostless'))).mode & 0o7777, 0o700)
  await does(t, debian, 'apt-get install --yes /opt/hostless.deb')
  t.is(await does(t, debian, 'stat -c "%U:%G %a" /var/lib/hostless /var/lib/hostless/keys /var/lib/hostless-appliance'), OWNERS)
  await writeFile(debian.path('/etc/hostless.yaml'), CONFIG)
  t.regex(await does(t, debian, serving('hostless', 'manager', ASK_MANAGER)), /^manager answers$/m)
  t.deepEqual(await readFile(debian.path('/var/lib/hostless/keys/manager-ca.pem')), authority)
}

async function put(debian: Chroot, deb: string): Promise<void> {
  await mkdir(debian.path('/opt'), { recursive: true })
  await copyFile(deb, debian.path('/opt/hostless.deb'))
}

/** What it says. */
async function does(t: ExecutionContext, debian: Chroot, script: string): Promise<string> {
  const { exitCode, said } = await debian.run(script)
  t.is(exitCode, 0, `${script}\n${said}`)
  return said
}

async function leaveOldDatabase(file: string): Promise<void> {
  await mkdir(join(file, '..'), { recursive: true })
  const old = await openStore(sqlite(file), { steps: MIGRATIONS.slice(0, OLD) })
  await addOldHost(old, { id: 'old', state: 'up' })
  await old.close()
  await chmod(file, 0o600)
}

function hostsIn(file: string): unknown[] {
  const database = new Database(file)
  try {
    return database.prepare('SELECT id FROM hosts').pluck().all()
  } finally {
    database.close()
  }
}

const CAPABILITIES = '-all,+net_bind_service,+net_raw'
const ASK_MANAGER =
  'fetch("https://127.0.0.1:8443/health/ready").then(({ status }) => { if (status !== 200) throw new Error(status); console.log("manager answers") })'
const ASK_APPLIANCE =
  'fetch("http://127.0.0.1:8067/health/ready").then(({ status }) => { if (status !== 200) throw new Error(status); console.log("appliance answers") })'

/** Starts a service as its unit would, asks it until it answers, and ends it. */
function serving(user: string, service: 'manager' | 'appliance', ask: string): string {
  const rights = service === 'appliance' ? `--inh-caps=${CAPABILITIES} --ambient-caps=${CAPABILITIES}` : '--inh-caps=-all'
  return `
    setpriv --reuid ${user} --regid ${user} --init-groups ${rights} --no-new-privs /usr/bin/hostless ${service} --config /etc/hostless.yaml &
    served=$!
    for try in $(seq 300); do
      if NODE_TLS_REJECT_UNAUTHORIZED=0 NODE_NO_WARNINGS=1 /usr/lib/hostless/bin/node -e '${ask}' 2>/dev/null; then break; fi
      kill -0 $served
      sleep 0.2
    done
    kill $served
    wait $served`
}
