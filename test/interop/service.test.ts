// Appliance and manager as their units start them: users of their own, the capabilities of the unit and no more, on data that was given to
// both. As root, in a network namespace; not where the sources may not be read by others.
import { chmod, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import test, { type ExecutionContext } from 'ava'
import { execa } from 'execa'
import { settleData } from '../../manager/service/exec.ts'
import { type Service, unitOf } from '../../manager/service/units.ts'
import { dataDirFor } from '../manager/site.ts'
import { hostless } from '../program.ts'
import { deadlineMs, namespacePair } from './namespaces.ts'

const MANAGER = { uid: 64_201, gid: 64_201 }
const APPLIANCE = { uid: 64_202, gid: 64_202 }

async function isReadableByAll(path: string): Promise<boolean> {
  if (path !== '/' && !(await isReadableByAll(dirname(path)))) return false
  return ((await stat(path)).mode & 0o005) === 0o005
}

const isRoot = process.getuid?.() === 0
const asRoot = isRoot && (await isReadableByAll(import.meta.dirname)) ? test : test.skip

/** Of the unit's own line, in setpriv(1)'s words. */
function capabilitiesOf(service: Service): string {
  const unit = unitOf(service, { node: '', script: '', config: '', dataDir: '/var/lib/hostless' })
  const named = /^CapabilityBoundingSet=(.*)$/m.exec(unit)?.[1] ?? ''
  return ['-all', ...named.split(' ').flatMap((name) => (name === '' ? [] : [`+${name.slice('CAP_'.length).toLowerCase()}`]))].join(',')
}

/** Resolves with the first line of its log that fits; what else it says is in the error. */
function started(
  t: ExecutionContext,
  space: string,
  service: Service,
  { uid, gid }: typeof MANAGER,
  config: string,
  fits: RegExp,
): Promise<string> {
  const capabilities = capabilitiesOf(service)
  const limits = ['--inh-caps', capabilities, '--ambient-caps', capabilities, '--bounding-set', capabilities, '--no-new-privs']
  const user = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups']
  const command = hostless(service.slice('hostless-'.length), '--config', config)
  const child = execa('ip', ['netns', 'exec', space, 'setpriv', ...user, ...limits, ...command], {
    reject: false,
    all: true,
    buffer: false,
  })
  t.teardown(async () => {
    child.kill('SIGTERM')
    await child
  })
  return new Promise((resolve, reject) => {
    const said: string[] = []
    const timer = setTimeout(() => reject(new Error(`${service} has not said ${fits}: ${said.join('\n')}`)), 3 * deadlineMs())
    createInterface({ input: child.all }).on('line', (line) => {
      said.push(line)
      if (!fits.test(line)) return
      clearTimeout(timer)
      resolve(said.join('\n'))
    })
    void child.then(({ exitCode }) => reject(new Error(`${service} ended with ${exitCode}: ${said.join('\n')}`)))
  })
}

asRoot('each starts with the rights of its unit, and works on what is its own', async (t) => {
  const { serverSpace } = await namespacePair(t, '10.77.0.1/24')
  await execa('ip', ['-n', serverSpace, 'link', 'set', 'lo', 'up'])
  const folder = await dataDirFor(t)
  await chmod(folder, 0o755)
  const dataDir = join(folder, 'hostless')
  await settleData(dataDir, MANAGER, APPLIANCE)
  const config = join(folder, 'hostless.yaml')
  const yaml = `dataDir: ${dataDir}
network: { interface: s0, address: 10.77.0.1/24 }
dhcp: { pool: 10.77.0.100-10.77.0.199 }
manager: { listen: 10.77.0.1:8443 }
`
  await writeFile(config, yaml)
  await chmod(config, 0o644)
  await started(t, serverSpace, 'hostless-manager', MANAGER, config, /"manager ready"/)
  const said = await started(t, serverSpace, 'hostless-appliance', APPLIANCE, config, /"appliance ready"/)
  t.notRegex(said, /"level":50/)
  t.is((await stat(join(`${dataDir}-appliance`, 'appliance.sock'))).uid, APPLIANCE.uid)
  t.is((await stat(join(dataDir, 'manager.db'))).uid, MANAGER.uid)
  const known = async () =>
    (await execa('ip', ['netns', 'exec', serverSpace, ...hostless('boot', 'list', '--data-dir', dataDir, '--output', 'json')])).stdout
  t.deepEqual(JSON.parse(await known()), [])
})
