// Looks at file systems as tasks: asked for, begun, ended, and what was asked for taken back.
import test from 'ava'
import type { ScanNews } from '../../../../manager/storage/scan-book.ts'
import { KeptTasks } from '../../../../manager/tasks/kept.ts'
import { keepScanTasks } from '../../../../manager/tasks/sources/scans.ts'
import { collectingLog } from '../../../appliance/wire/collecting-log.ts'

function watching() {
  let ids = 0
  const kept = new KeptTasks({ now: () => 1000 + ids, newId: () => `t${++ids}`, keepFor: 60_000, log: collectingLog().log })
  const listeners: ((news: ScanNews) => void)[] = []
  const tell = (news: ScanNews): void => {
    for (const listener of listeners) listener(news)
  }
  const book = {
    subscribe: (listener: (news: ScanNews) => void) => {
      listeners.push(listener)
      return () => void listeners.pop()
    },
    unwant: (key: string, who: string) => tell({ kind: 'unwanted', key, who }),
  }
  keepScanTasks({ book, hostName: (id) => `node0${id}` }, kept)
  const all = async () => [...(await kept.list({ which: 'all', limit: 100 }))].sort((a, b) => (a.id < b.id ? -1 : 1))
  return { kept, tell, all }
}

test('what somebody asks for waits in his name, runs on a host, which nobody can stop, and ends', async (t) => {
  const { kept, tell, all } = watching()
  tell({ kind: 'wanted', key: 'fs:1', who: 'ada' })
  tell({ kind: 'wanted', key: 'fs:1', who: 'otto' })
  t.deepEqual(
    (await all()).map(({ what, who, state, mayCancel }) => [what, who, state, mayCancel]),
    [['look at what lies on fs:1', 'ada', 'queued', true]],
  )
  tell({ kind: 'begun', key: 'fs:1', host: '2' })
  tell({ kind: 'wanted', key: 'fs:1', who: 'otto' })
  t.is((await all()).length, 1, 'the look that is under way is what was asked for')
  t.like((await all())[0], { state: 'running', on: ['fs:1', 'host node02'], mayCancel: false })
  t.regex((await kept.find('t1'))?.notCancelled ?? '', /^node02 looks at it/)
  tell({ kind: 'scanned', key: 'fs:1' })
  t.like((await all())[0], { state: 'done' })
})

test('what the manager sees to by itself is its own, and a look that fails says why', async (t) => {
  const { tell, all } = watching()
  tell({ kind: 'begun', key: 'fs:1', host: '1' })
  tell({ kind: 'failed', key: 'fs:1', reason: 'bad superblock' })
  t.like((await all())[0], { who: 'manager', state: 'failed', reason: 'bad superblock' })
  tell({ kind: 'scanned', key: 'fs:2' })
  t.is((await all()).length, 1, 'news of what nobody has begun is none')
})

test('what waits is taken back in the name of who asks, and may be asked for again', async (t) => {
  const { kept, tell, all } = watching()
  tell({ kind: 'wanted', key: 'fs:1', who: 'ada' })
  t.is((await kept.cancel('t1', 'otto')).kind, 'done')
  t.like((await all())[0], { state: 'cancelled', reason: 'otto has cancelled it' })
  tell({ kind: 'wanted', key: 'fs:1', who: 'ada' })
  t.like((await all())[1], { id: 't2', state: 'queued' })
})
