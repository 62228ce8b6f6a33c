// Empty servers become Xen hosts, with `hostless appliance` alone: no other process of Hostless runs here.

import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { AttemptView } from './attempts.ts'
import { type Boot, totalSeconds } from './boots.ts'
import { KEY_FILE } from './folders.ts'
import { troubleIn } from './health.ts'
import type { RackNode } from './node.ts'
import { ensureKey, sshArguments } from './ssh.ts'
import { seconds } from './table.ts'
import { openTestbed, type Testbed } from './testbed.ts'

/** QEMU's boot ROM for BIOS is iPXE itself: there is no firmware before it. */
const BIOS_STAGES = ['ipxe', 'script', 'kernel', 'initramfs', 'network', 'root', 'dom0', 'up']
const RESETS = 2

let bed: Testbed

test.before(async () => {
  bed = await openTestbed({ nodes: [{}, {}], images: ['lab', 'nobody'], command: 'appliance' })
})

test.after.always(() => bed?.close())

/** Blocks that its disks take on the computer that emulates it: none, unless something was written. */
async function blocksWritten(node: RackNode): Promise<number> {
  const found = await Promise.all(node.plan.disks.map((disk) => stat(disk.file)))
  return found.reduce((sum, { blocks }) => sum + blocks, 0)
}

function checkStages(t: ExecutionContext, boot: Boot, attempt: AttemptView): void {
  const { name } = boot
  t.deepEqual(
    attempt.stages.map((stage) => stage.stage),
    BIOS_STAGES,
    name,
  )
  t.deepEqual(
    attempt.stages.filter((stage) => stage.status !== 'done'),
    [],
    name,
  )
  let before = boot.poweredOnAt
  for (const [index, stage] of attempt.stages.entries()) {
    t.true(stage.at >= before, `${name}: ${stage.stage} is not before what came before it`)
    t.is(stage.seconds, index === 0 ? 0 : (stage.at - before) / 1000, `${name}: the seconds of ${stage.stage}`)
    before = stage.at
  }
  t.true((totalSeconds(boot) ?? 0) > 5, `${name}: no such machine boots in less than five seconds`)
}

test.serial('two nodes with empty disks are up at once, and the appliance tells image, generation, versions and every stage', async (t) => {
  const boots = await bed.boot('node1', 'node2')
  const manifest = JSON.parse(await readFile(join(bed.image.folder, 'manifest.json'), 'utf8')) as {
    versions: { kernel: string; xen: string }
  }
  for (const boot of boots) {
    const { attempt, name } = boot
    if (!attempt) return t.fail(`${name} has no attempt`)
    const { address, mac } = bed.node(name)
    t.like(attempt, { host: name, mac, address, image: 'dom0', generation: bed.image.generation, state: 'up' })
    t.is(attempt.kernel, manifest.versions.kernel)
    t.is(attempt.xen?.split('.').slice(0, 2).join('.'), manifest.versions.xen.split('.').slice(0, 2).join('.'))
    t.is(attempt.kernel, (await bed.node(name).ssh(['uname', '-r'])).stdout)
    t.regex((await bed.node(name).ssh(['xl', 'info', 'xen_version'])).stdout, new RegExp(`^${attempt.xen}$`))
    checkStages(t, boot, attempt)
    t.deepEqual(await troubleIn(bed.node(name)), [], name)
    t.log(`${name} up after ${seconds(totalSeconds(boot))}`)
  }
  const { stdout } = await bed.rack.exec(['ps', '--no-headers', '-o', 'args', '-p', String(bed.appliance.pid)])
  t.regex(stdout, /main\.js appliance --config/, 'no manager, no supervisor')
})

test.serial('nobody logs in without the key: no other key, no password, no console, nothing else that listens', async (t) => {
  const node = bed.node('node1')
  const strange = join(bed.dataDir, 'strange-key')
  await ensureKey(strange)
  const wrongKey = await bed.rack.exec(sshArguments(strange, node.address, ['true']))
  t.is(wrongKey.exitCode, 255)
  t.regex(wrongKey.stderr, /Permission denied \(publickey\)/, 'public keys are the only way in')
  const options = ['-o', 'PubkeyAuthentication=no', '-o', 'PreferredAuthentications=password,keyboard-interactive,none']
  const password = await bed.rack.exec(['ssh', ...options, ...sshArguments(KEY_FILE, node.address, ['true']).slice(1)])
  t.is(password.exitCode, 255)
  t.regex(password.stderr, /Permission denied \(publickey\)/)
  const right = await bed.rack.exec(sshArguments(KEY_FILE, node.address, ['echo', 'in']))
  t.is(right.stdout, 'in', 'the same command with the right key')

  const inside = async (script: string) => (await node.ssh(['sh'], { input: script })).stdout
  t.is(await inside(`awk -F: '$2 !~ /^[!*]/' /etc/shadow`), '', 'no account has a password, nor an empty one')
  t.is(await inside(`ps -eo comm= | grep -E 'getty|login|sulogin'`), '')
  t.deepEqual((await inside(`ss -Hltun | awk '{print $1, $5}'`)).split('\n').sort(), ['tcp 0.0.0.0:22', 'tcp [::]:22'])
  t.notRegex(await node.consoleText(), /login:/i)
})

test.serial('an image that was built without a key has no open port', async (t) => {
  t.deepEqual(await openPorts(bed.node('node1')), [22], 'the scan finds what there is')
  await bed.configure((config) => ({
    ...config,
    hosts: config.hosts.map((host) => (host.name === 'node2' ? { ...host, image: 'keyless' } : host)),
  }))
  const boot = await bed.reset('node2')
  t.is(boot.attempt?.image, 'keyless')
  t.deepEqual(await openPorts(bed.node('node2')), [])
  t.notRegex(await bed.node('node2').consoleText(), /login:/i)
})

test.serial('each reset by the BMC is a clean boot', async (t) => {
  t.timeout(1_200_000)
  const node = bed.node('node1')
  const ids = new Set<string>()
  const times: (string | undefined)[] = []
  for (let round = 1; round <= RESETS; round += 1) {
    const boot = await bed.reset('node1')
    const { attempt } = boot
    if (!attempt) return t.fail('no attempt')
    ids.add(attempt.id)
    times.push(seconds(totalSeconds(boot)))
    t.is(attempt.generation, bed.image.generation)
    checkStages(t, boot, attempt)
    t.deepEqual(await troubleIn(node), [], `boot ${round}`)
  }
  t.is(ids.size, RESETS, 'each is an attempt of its own')
  t.log(`power-on to up: ${times.join(', ')}`)
})

test.serial('no boot has written to a disk', async (t) => {
  for (const node of bed.rack.nodes) t.is(await blocksWritten(node), 0, node.name)
  const node = bed.node('node1')
  const written = await node.ssh(['dd', 'if=/dev/zero', 'of=/dev/vda', 'bs=4096', 'count=1', 'conv=fsync'])
  t.is(written.exitCode, 0, written.stderr)
  t.true((await blocksWritten(node)) > 0, 'a block that is written is seen')
})

/** Of all 65,535 TCP ports: those that accept a connection from the rack. */
async function openPorts(node: RackNode): Promise<readonly number[]> {
  const { stdout, stderr } = await bed.rack.exec([process.execPath, '--import', 'tsx', 'test/lab/scan.ts', node.address])
  if (stdout === '') throw new Error(`no scan of ${node.address}: ${stderr}`)
  return JSON.parse(stdout) as number[]
}
