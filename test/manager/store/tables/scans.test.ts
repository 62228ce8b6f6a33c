import { allScans, forgetScans, type ScanRecord, saveScan } from '../../../../manager/store/tables/scans.ts'
import { onEach, storeAt } from '../dialects.ts'

const scan = (changed: Partial<ScanRecord>): ScanRecord => ({
  key: 'fs:a',
  host: 'h1',
  at: 1_790_000_000_000,
  hosts: ['h1', 'h2'],
  sizeBytes: 2 ** 45,
  freeBytes: 1,
  images: [{ path: 'vm/räck “2”.qcow2', sizeBytes: 2 ** 44, allocatedBytes: 0, format: 'qcow2' }],
  leftOut: [],
  ...changed,
})

onEach('the last look at each file system is kept whole, and those of long ago are forgotten', async (t, place) => {
  const store = await storeAt(t, place)
  const [old, last, other] = [scan({}), scan({ at: 1_790_000_000_001, host: 'h2', images: [] }), scan({ key: 'nfs:s:/x', at: 5 })]
  for (const record of [old, last, other]) await store.write((transaction) => saveScan(transaction, record))
  t.deepEqual(await allScans(store.db), [last, other])
  await store.write((transaction) => forgetScans(transaction, 6))
  t.deepEqual(await allScans(store.db), [last])
})
