import test from 'ava'
import { parseDrbdEvents } from '../../../../images/agent/inventory/drbdsetup.ts'
import { faultsOf } from '../../../../manager/alarms/faults.ts'
import { fixture } from '../../../images/agent/machines.ts'
import { reporting } from '../../connectivity/inventories.ts'

interface Lines {
  readonly resource?: string
  readonly connection?: string
  readonly device?: string
  readonly peer?: string
}

/** One resource with one peer, as `drbdsetup events2` tells of it: all well but for what is given. */
const told = ({
  resource = 'suspended:no',
  connection = 'Connected',
  device = 'UpToDate client:no quorum:yes',
  peer = 'Established',
}: Lines) =>
  [
    `exists resource name:r0 role:Primary ${resource}`,
    `exists connection name:r0 peer-node-id:1 conn-name:node2 connection:${connection} role:Secondary`,
    `exists device name:r0 volume:0 minor:1 backing_dev:/dev/vg0/d0 disk:${device} size:100`,
    `exists peer-device name:r0 peer-node-id:1 conn-name:node2 volume:0 replication:${peer} peer-disk:UpToDate out-of-sync:0`,
    'exists -',
  ].join('\n')

const faultsIn = (text: string) => faultsOf(reporting('a', { drbd: [...parseDrbdEvents(text).value] }))

const WRONG: readonly [what: string, lines: Lines, text: RegExp][] = [
  [
    'talks no more to its peer',
    { connection: 'StandAlone', peer: 'Off' },
    /^DRBD resource r0 on a: it talks no more to node2 \(StandAlone\)/,
  ],
  ['has lost its disk', { device: 'Diskless client:no quorum:yes' }, /volume 0 has lost its disk \(Diskless\)/],
  ['has lost its disk, by DRBD 8.4', { device: 'Diskless' }, /volume 0 has lost its disk/],
  ['has a failed disk', { device: 'Failed' }, /the disk of volume 0 has failed/],
  ['is inconsistent and not on its way', { device: 'Inconsistent' }, /the data of volume 0 is inconsistent, and no resync runs/],
  ['is suspended', { resource: 'suspended:quorum,user' }, /its writes are suspended/],
  ['has no quorum', { device: 'UpToDate client:no quorum:no' }, /volume 0 has no quorum/],
]

for (const [what, lines, text] of WRONG) {
  test(`a DRBD resource that ${what} is an alarm of its host`, (t) => {
    const [fault, ...others] = faultsIn(told(lines))
    t.deepEqual([fault?.kind, fault?.about, others], ['drbd-degraded', 'a r0', []])
    t.regex(fault?.text ?? '', text)
  })
}

test('a mirror of ours that stands alone or becomes whole is its automation’s business; one that has lost its disk is an alarm', (t) => {
  const ours = (text: string) => text.replaceAll('name:r0', 'name:hostless-0b5f5c7e-3b1c-4d39-8c0c-5f3a52a7a001')
  const begun = told({ connection: 'StandAlone', peer: 'Off', device: 'Inconsistent' })
  t.deepEqual(faultsIn(ours(begun)), [])
  t.is(faultsIn(begun.replaceAll('name:r0', 'name:hostless-r0')).length, 1, 'no mirror of ours')
  t.is(faultsIn(ours(told({ device: 'Diskless' }))).length, 1)
  t.is(faultsIn(ours(told({ resource: 'suspended:user' }))).length, 1)
})

test('several things that are wrong with one resource are one alarm', (t) => {
  const [fault, ...others] = faultsIn(told({ connection: 'StandAlone', peer: 'Off', device: 'Diskless', resource: 'suspended:user' }))
  t.deepEqual(others, [])
  t.regex(fault?.text ?? '', /suspended.*StandAlone.*Diskless/)
})

test('a resource that is mirrored, becomes so, waits for its peer, or has no disk by intent, is no alarm', (t) => {
  for (const lines of [
    {},
    { device: 'Inconsistent', peer: 'SyncTarget' },
    { device: 'Inconsistent', peer: 'PausedSyncT' },
    { connection: 'Connecting', peer: 'Off' },
    { device: 'Diskless client:yes quorum:yes' },
  ]) {
    t.deepEqual(faultsIn(told(lines)), [], JSON.stringify(lines))
  }
  for (const name of ['drbd-events2-8.4.txt', 'drbd-events2-9-documented.txt']) t.deepEqual(faultsIn(fixture(name)), [], name)
})
