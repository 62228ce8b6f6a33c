import { chmod, cp, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { signatureHolds, signManifest } from '../../../images/manifest.ts'
import { signingKey, verifyingKey } from '../../../images/store/keys.ts'
import { quiet, temporaryFolder } from '../fake-image.ts'

test('signingKey makes a key once, for its owner alone, and verifyingKey is its other half', async (t) => {
  const dataDir = await temporaryFolder(t)
  t.is(await verifyingKey(dataDir), undefined)
  const [first, ...others] = await Promise.all([signingKey(dataDir, quiet), signingKey(dataDir, quiet), signingKey(dataDir, quiet)])
  for (const other of others) t.true(other.equals(first))
  const bytes = Buffer.from('manifest')
  const key = await verifyingKey(dataDir)
  t.true(key !== undefined && signatureHolds(bytes, signManifest(bytes, await signingKey(dataDir, quiet)), key))
  t.is((await stat(join(dataDir, 'keys/image.key'))).mode & 0o777, 0o600)
  t.deepEqual((await readdir(join(dataDir, 'keys'))).sort(), ['image.key', 'image.pub'])
})

test('signingKey writes image.pub again when it was lost', async (t) => {
  const dataDir = await temporaryFolder(t)
  await signingKey(dataDir, quiet)
  const before = await verifyingKey(dataDir)
  await rm(join(dataDir, 'keys/image.pub'))
  await signingKey(dataDir, quiet)
  t.true(before !== undefined && (await verifyingKey(dataDir))?.equals(before))
})

test('signingKey refuses a key that others can read, or that is not the pair of image.pub', async (t) => {
  const [dataDir, other] = [await temporaryFolder(t), await temporaryFolder(t)]
  const key = join(dataDir, 'keys/image.key')
  await signingKey(dataDir, quiet)
  await signingKey(other, quiet)
  await chmod(key, 0o644)
  await t.throwsAsync(signingKey(dataDir, quiet), { message: /can be read by others \(mode 644\): chmod 600/ })
  await chmod(key, 0o600)
  await cp(join(other, 'keys/image.pub'), join(dataDir, 'keys/image.pub'))
  await t.throwsAsync(signingKey(dataDir, quiet), { message: /is not the public half of image\.key/ })
})
