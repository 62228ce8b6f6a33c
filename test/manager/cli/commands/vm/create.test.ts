import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { startFakeManager } from '../../fake-manager.ts'
import { run, settingFor } from '../../operator.ts'
import { poolData } from '../../pool-data.ts'

const KEY = 'ssh-ed25519 AAAAC3Nza ada@desk'

async function start(t: ExecutionContext) {
  const manager = await startFakeManager(t, poolData())
  const setting = await settingFor(t, manager)
  const file = async (name: string, text: string) => {
    const path = join(setting.home, name)
    await writeFile(path, text)
    return path
  }
  const create = (...more: string[]) => run(setting, 'vm', 'create', ...more, '--image', 'debian13', '--disk', '8G@data', '--detach')
  const seeds = () => manager.asked.filter(({ id }) => id === 'vms.create').map(({ input }) => (input as SeedInput).spec.seed)
  const boots = () => manager.asked.filter(({ id }) => id === 'vms.create').map(({ input }) => (input as SeedInput).spec.boot)
  const most = () =>
    manager.asked.flatMap(({ id, input }) => {
      const { maxMemory, maxVcpus } = (input as SeedInput).spec ?? {}
      return id === 'vms.create' ? [[maxMemory, maxVcpus]] : []
    })
  return { file, create, seeds, boots, most }
}

interface SeedInput {
  readonly spec: { readonly seed?: unknown; readonly boot?: unknown; readonly maxMemory?: unknown; readonly maxVcpus?: unknown }
}

test('vm create takes what users of cloud-init have: keys as in authorized_keys, user data, a network-config', async (t) => {
  const { file, create, seeds } = await start(t)
  const keys = await file('keys.pub', `# mine\n${KEY}\n\n${KEY}2\n`)
  const data = await file('user-data', '#!/bin/sh\nid\n')
  const network = await file('network', 'version: 2\nethernets: {}\n')
  t.is((await create('web1', '--hostname', 'www', '--ssh-key', keys, '--user-data', data, '--network-config', network)).code, 0)
  t.is((await create('web2')).code, 0)
  const seed = { hostname: 'www', sshKeys: [KEY, `${KEY}2`], userData: '#!/bin/sh\nid\n', networkConfig: 'version: 2\nethernets: {}\n' }
  t.deepEqual(seeds(), [seed, undefined])
})

test('what is no seed is said before anything is sent: 100 MB, a private key, no user data, a host name for ten', async (t) => {
  const { file, create, seeds } = await start(t)
  const huge = await file('huge', `#!${'x'.repeat(100 << 20)}`)
  t.regex((await create('web1', '--user-data', huge)).err, /huge has more than the 1048576 bytes/)
  const secret = await file('id', '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n')
  t.regex((await create('web1', '--ssh-key', secret)).err, /id is a private key, which stays where it is: give .*id\.pub/)
  const odd = await file('odd', 'echo hello\n')
  t.regex((await create('web1', '--user-data', odd)).err, /seed\.userData begins neither with #cloud-config/)
  t.regex((await create('web1', '--network-config', odd)).err, /seed\.networkConfig is no network-config/)
  t.regex((await create('web', '--count', '2', '--hostname', 'www')).err, /hostname is of one guest/)
  t.deepEqual(seeds(), [])
})

test('vm create takes the most that a guest may be given later, which is no less than it has', async (t) => {
  const { create, most } = await start(t)
  t.is((await create('web1', '--memory', '1G', '--max-memory', '2G', '--vcpus', '2', '--max-vcpus', '4')).code, 0)
  t.is((await create('web2')).code, 0)
  t.regex((await create('web3', '--memory', '2G', '--max-memory', '1G')).err, /maxMemory is less than the 2G/)
  t.deepEqual(most(), [
    [2 ** 31, 4],
    [undefined, undefined],
  ])
})

test('vm create takes a kernel of the image store and its line; a line alone is a GRUB’s own, and refused', async (t) => {
  const { create, boots } = await start(t)
  t.is((await create('web1', '--kernel', 'debian', '--cmdline', 'root=/dev/xvda ro')).code, 0)
  t.is((await create('web2', '--kernel', 'debian')).code, 0)
  t.is((await create('web3')).code, 0)
  t.regex((await create('web4', '--cmdline', 'quiet')).err, /--cmdline is what a kernel is given: say --kernel NAME, too/)
  t.regex((await create('web4', '--kernel', '../x')).err, /boot.kernel is no name of an image/)
  t.deepEqual(boots(), [{ kernel: 'debian', cmdline: 'root=/dev/xvda ro' }, { kernel: 'debian', cmdline: '' }, 'grub'])
})
