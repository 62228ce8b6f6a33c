// Of the machine itself: config, Node, packages, clock, disk.
import test from 'ava'
import { judgeClock, parseTimedatectl, parseTracking } from '../../../../manager/doctor/checks/clock.ts'
import { judgeConfig } from '../../../../manager/doctor/checks/config.ts'
import { type Disk, judgeDisk } from '../../../../manager/doctor/checks/disk.ts'
import { judgeNode } from '../../../../manager/doctor/checks/node.ts'
import { judgePrograms, NEEDED } from '../../../../manager/doctor/checks/programs.ts'
import { read, unread } from '../../../../manager/doctor/finding.ts'

test('judgeConfig fails for a file that is not there, and for one that the servers refuse', (t) => {
  t.like(judgeConfig(unread('is not there'), '/etc/hostless.yaml')[0], { result: 'failed', seen: 'is not there' })
  t.like(judgeConfig(read({ problems: 'a\nb' }), '/etc/hostless.yaml')[0], { result: 'failed', seen: 'a; b' })
  t.like(judgeConfig(read({ problems: undefined }), '/etc/hostless.yaml')[0], { result: 'ok' })
})

test('judgeNode fails below 20.19, which package.json asks for', (t) => {
  t.is(judgeNode('20.18.3')[0]?.result, 'failed')
  t.is(judgeNode('18.19.0')[0]?.result, 'failed')
  for (const version of ['20.19.0', '22.0.0', '24.11.1']) t.is(judgeNode(version)[0]?.result, 'ok', version)
})

test('judgePrograms fails for what serves, warns for what builds, and names the package', (t) => {
  const all = NEEDED.map(({ what }) => what)
  t.deepEqual(
    judgePrograms(new Set(all)).map(({ result }) => result),
    ['ok'],
  )
  const some = judgePrograms(new Set(all.filter((what) => what !== 'mmdebstrap' && !what.startsWith('/usr/lib/ipxe'))))
  t.deepEqual(
    some.map(({ subject, result, mend }) => [subject, result, mend]),
    [
      ['ipxe', 'failed', 'apt-get install ipxe'],
      ['mmdebstrap', 'warning', 'apt-get install mmdebstrap'],
      ['packages', 'ok', undefined],
    ],
  )
  t.true(judgePrograms(new Set()).every(({ result }) => result !== 'ok'))
})

// chronyc(1), and chrony 4.3 of Debian 12.
const TRACKING = '0A4D0001,10.77.0.1,3,1764446305.123456789,-0.000012345,0.000002,0.00001,12.3,-0.01,0.05,0.001,0.0005,64.2,Normal\n'

test('the clock: chronyd that is synchronised, off, or not synchronised', (t) => {
  const tracking = parseTracking(TRACKING)
  t.deepEqual(tracking, { by: 'chronyd', isSynchronised: true, offset: -0.000012345 })
  if (!tracking) return
  t.is(judgeClock(read(tracking))[0]?.result, 'ok')
  t.is(judgeClock(read({ ...tracking, offset: -5 }))[0]?.result, 'warning')
  t.is(judgeClock(read({ ...tracking, offset: 3600 }))[0]?.result, 'failed')
  const lost = parseTracking(TRACKING.replace('Normal', 'Not synchronised'))
  t.like(lost && judgeClock(read(lost))[0], {
    result: 'warning',
    mend: 'apt-get install chrony, and let it reach an NTP server (chronyc sources)',
  })
  t.is(parseTracking('506 Cannot talk to daemon'), undefined)
})

test("the clock: the kernel's word by timedatectl; what nobody says is unknown", (t) => {
  const said = (synchronised: string) =>
    parseTimedatectl(`Timezone=Etc/UTC\nLocalRTC=no\nNTP=yes\nNTPSynchronized=${synchronised}\nTimeUSec=x\n`)
  t.is(said('yes')?.isSynchronised, true)
  t.is(said('no')?.isSynchronised, false)
  t.is(parseTimedatectl(''), undefined)
  t.like(judgeClock(unread('nobody says', 'ask'))[0], { result: 'unknown', seen: 'nobody says', mend: 'ask' })
})

const DISK: Disk = {
  free: 50 * 2 ** 30,
  size: 100 * 2 ** 30,
  freeFiles: 1e6,
  fsyncs: [0.4, 2, 0.5],
  untried: undefined,
  path: '/var/lib/hostless',
}
const results = (disk: Partial<Disk>) => judgeDisk(read({ ...DISK, ...disk }), '/var/lib/hostless').map(({ result }) => result)

test('judgeDisk: room, files and fsync', (t) => {
  t.deepEqual(results({}), ['ok', 'ok'])
  t.deepEqual(results({ free: 2 ** 30 }), ['warning', 'ok'])
  t.deepEqual(results({ free: 2 ** 20 }), ['failed', 'ok'])
  t.deepEqual(results({ freeFiles: 3 }), ['failed', 'ok'])
  t.deepEqual(results({ freeFiles: undefined }), ['ok', 'ok'])
  t.deepEqual(results({ fsyncs: [40, 50, 1] }), ['ok', 'warning'])
  t.deepEqual(results({ fsyncs: [400, 500, 1] }), ['ok', 'failed'])
  t.deepEqual(results({ fsyncs: [], untried: 'no file can be made there' }), ['ok', 'unknown'])
})
