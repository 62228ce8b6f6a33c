// The data between the two users of the services, as the kernel sees it: by processes that are one or the other. As root.
import { chmod, link, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { openStore } from '../../../appliance/store/database.ts'
import { nfsKey } from '../../../appliance/store/files.ts'
import { applianceFolder } from '../../../appliance/store/own-folder.ts'
import { readSiteKeys } from '../../../appliance/store/site-keys.ts'
import { settleData } from '../../../manager/service/exec.ts'
import { backup } from '../../../manager/store/backup/backup.ts'
import { keepAuthority, keepSiteSecret } from '../../../manager/store/keys/authority.ts'
import { keepSealer } from '../../../manager/store/keys/sealing.ts'
import { openData, visitData } from '../../../manager/store/open.ts'
import { giveToOwner } from '../../../manager/store/ownership.ts'
import { collectingLog } from '../../appliance/wire/collecting-log.ts'
import { dataDirFor } from '../site.ts'

const MANAGER = { uid: 64_101, gid: 64_101 }
const APPLIANCE = { uid: 64_102, gid: 64_102 }
const asRoot = process.getuid?.() === 0 ? test.serial : test.serial.skip
const { log } = collectingLog()

/** The whole process is that user meanwhile: without groups, and without root's rights on files. */
async function as<Value>({ uid, gid }: typeof MANAGER, act: () => Promise<Value>): Promise<Value> {
  const groups = process.getgroups?.() ?? []
  process.setgroups?.([])
  process.setegid?.(gid)
  process.seteuid?.(uid)
  try {
    return await act()
  } finally {
    process.seteuid?.(0)
    process.setegid?.(0)
    process.setgroups?.(groups)
  }
}

async function place(t: ExecutionContext): Promise<string> {
  const folder = await dataDirFor(t)
  await chmod(folder, 0o755)
  return join(folder, 'hostless')
}

async function workAsManager(dataDir: string): Promise<void> {
  const store = await openData({ dataDir, database: 'sqlite' }, log)
  await keepAuthority(dataDir)
  await keepSiteSecret(dataDir)
  await keepSealer(dataDir)
  await store.close()
}

async function workAsAppliance(dataDir: string) {
  const own = applianceFolder(dataDir)
  openStore(join(own, 'appliance.db')).close()
  await nfsKey(own)
  return readSiteKeys(dataDir)
}

const denied = { code: 'EACCES' }

asRoot('from nothing: each works on its own, and the appliance reads of the manager what lets it in, and no more', async (t) => {
  const dataDir = await place(t)
  await settleData(dataDir, MANAGER, APPLIANCE)
  await as(MANAGER, () => workAsManager(dataDir))
  const keys = await as(APPLIANCE, () => workAsAppliance(dataDir))
  t.is(keys.kind, 'keys')
  for (const secret of ['keys/manager-ca.key', 'keys/sealing.key', 'keys/audit.key', 'manager.db']) {
    await as(APPLIANCE, () => t.throwsAsync(readFile(join(dataDir, secret)), denied, secret))
  }
  await as(APPLIANCE, () => t.throwsAsync(writeFile(join(dataDir, 'manager.db'), ''), denied))
  await as(MANAGER, () => t.throwsAsync(readFile(join(`${dataDir}-appliance`, 'appliance.db')), denied))
  await as({ uid: 64_103, gid: 64_103 }, () => t.throwsAsync(readFile(join(dataDir, 'keys/site.key')), denied))
  t.is((await stat(join(dataDir, 'keys'))).mode & 0o7777, 0o2710)
})

asRoot('data of a time when root ran both goes to both, and again changes nothing', async (t) => {
  const dataDir = await place(t)
  await workAsManager(dataDir)
  t.is((await workAsAppliance(dataDir)).kind, 'keys')
  const before = await readFile(join(dataDir, 'keys/nfs.key'))
  await settleData(dataDir, MANAGER, APPLIANCE)
  await settleData(dataDir, MANAGER, APPLIANCE)
  await as(MANAGER, () => workAsManager(dataDir))
  t.is((await as(APPLIANCE, () => workAsAppliance(dataDir))).kind, 'keys')
  t.deepEqual(await readFile(join(`${dataDir}-appliance`, 'keys/nfs.key')), before)
})

asRoot('what commands of root make in it is given to the manager', async (t) => {
  const dataDir = await place(t)
  await settleData(dataDir, MANAGER, APPLIANCE)
  // hostless user add --local, before the manager has ever run.
  const store = await visitData({ dataDir, database: 'sqlite' }, log)
  await keepAuthority(dataDir)
  await keepSiteSecret(dataDir)
  await store.close()
  await giveToOwner(dataDir)
  await as(MANAGER, () => workAsManager(dataDir))
  t.is((await as(APPLIANCE, () => workAsAppliance(dataDir))).kind, 'keys')
  await t.notThrowsAsync(backup({ dataDir, database: 'sqlite' }, join(dataDir, '../backup')))
})

asRoot('a link that the manager has put there gets it nothing', async (t) => {
  const dataDir = await place(t)
  await settleData(dataDir, MANAGER, APPLIANCE)
  const roots = join(dataDir, '../roots')
  await mkdir(roots)
  for (const name of ['a', 'b', 'site.key']) await writeFile(join(roots, name), '')
  await symlink(join(roots, 'a'), join(dataDir, 'manager.db'))
  await link(join(roots, 'b'), join(dataDir, 'manager.lock'))
  await symlink(roots, join(dataDir, 'vm-images'))
  await giveToOwner(dataDir)
  for (const name of ['', 'a', 'b', 'site.key']) t.is((await stat(join(roots, name))).uid, 0, name)
})
