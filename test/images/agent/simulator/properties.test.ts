// Whatever is run in whatever order: the kernels' books stay right, and what the tools say can be read.
import test from 'ava'
import fc from 'fast-check'
import { collect } from '../../../../images/agent/collect.ts'
import { apply } from '../../../../images/agent/simulator/apply.ts'
import { SimulatorGap } from '../../../../images/agent/simulator/commands/command.ts'
import { cutOut, overwrite, paste, sectorsIn } from '../../../../images/agent/simulator/state/content.ts'
import { findDevice } from '../../../../images/agent/simulator/state/devices.ts'
import { addTarget } from '../../../../images/agent/simulator/state/furnish.ts'
import { brokenBooks } from '../../../../images/agent/simulator/state/invariants.ts'
import { sign } from '../../../../images/agent/simulator/state/place.ts'
import { cut, heal, powerOff, powerOn } from '../../../../images/agent/simulator/state/power.ts'
import { hostOf, type Site, withRam } from '../../../../images/agent/simulator/state/site.ts'
import { openPair, words } from './pair.ts'

const seed = Date.now() & 0x7fffffff
const PORTALS = ['10.0.0.9:3260', '10.0.1.9:3260']
const TARGET = 'iqn.2026-11.test:t1'

const volume = fc.constantFrom('x', 'y', 'z', 'pool')
const group = fc.constantFrom('vg0', 'vg1')
const device = fc.constantFrom(
  '/dev/vg0/x',
  '/dev/vg0/y',
  '/dev/vg0/m1',
  '/dev/vg0/m2',
  '/dev/mapper/g',
  '/dev/mapper/raw',
  '/dev/drbd1',
  '/dev/drbd2',
  '/dev/vda',
  '/dev/sda',
)
const map = fc.constantFrom('g', 'g', 'raw', 'h')
const minor = fc.constantFrom('1', '2')
const resource = fc.constantFrom('r', 'r', 's')
const guest = fc.constantFrom('web', 'web', 'sql', '1')

const line = (...parts: readonly (string | fc.Arbitrary<string>)[]): fc.Arbitrary<string> =>
  fc.tuple(...parts.map((one) => (typeof one === 'string' ? fc.constant(one) : one))).map((all) => all.join(''))

const COMMANDS: fc.Arbitrary<string> = fc.oneof(
  line('vgcreate -y ', group, ' ', fc.constantFrom('/dev/vda', '/dev/sda', '/dev/mapper/3600', '/dev/vg0/x')),
  line('vgextend -y ', group, ' ', fc.constantFrom('/dev/vda', '/dev/sda')),
  line('vgremove -f ', group),
  line('vgchange -a', fc.constantFrom('y', 'n'), ' ', group),
  line('pvcreate -y ', fc.constantFrom('/dev/vda', '/dev/sda')),
  line('pvremove ', fc.constantFrom('/dev/vda', '/dev/sda')),
  line('lvcreate -y -n ', volume, ' -L ', fc.constantFrom('4m', '10m', '64m', '4g'), ' ', group),
  line('lvcreate -y -n ', volume, ' -l ', fc.constantFrom('3', '50%FREE', '100%FREE'), ' ', group),
  line('lvcreate -y -s -n ', volume, ' -L 8m ', group, '/', volume),
  line('lvcreate -y --type thin-pool -n pool -L 32m ', group),
  line('lvcreate -y -V 128m --thinpool pool -n ', volume, ' ', group),
  line('lvcreate -y -s -kn -n ', volume, ' ', group, '/', volume),
  line('lvremove -f ', group, '/', volume),
  line('lvextend -L +12m ', group, '/', volume),
  line('lvchange -a', fc.constantFrom('y', 'n'), ' ', group, '/', volume),
  line('lvchange --addtag hl.guest=web ', group, '/', volume),
  line('lvrename ', group, ' ', volume, ' ', volume),
  line('dmsetup create ', map, " --table '0 8192 linear ", device, " 0'"),
  line('dmsetup load ', map, " --table '0 8192 linear ", device, " 0'"),
  line('dmsetup ', fc.constantFrom('resume', 'suspend', 'remove', 'clear'), ' ', map),
  line('drbdmeta --force ', minor, ' v08 ', device, ' flex-external create-md'),
  line('drbdmeta ', minor, ' v08 ', device, ' flex-external apply-al'),
  line('drbdsetup new-resource ', resource),
  line('drbdsetup new-minor ', resource, ' ', minor, ' 0'),
  line('drbdsetup attach ', minor, ' ', device, ' ', device, ' flexible'),
  line('drbdsetup ', fc.constantFrom('primary', 'secondary', 'detach', 'new-current-uuid'), ' ', minor),
  line('drbdsetup primary ', minor, ' --force'),
  line('drbdsetup connect ', resource, ' ', fc.constantFrom('ipv4:1:1 ipv4:2:1', 'ipv4:2:1 ipv4:1:1')),
  line('drbdsetup disconnect ', fc.constantFrom('ipv4:1:1 ipv4:2:1', 'ipv4:2:1 ipv4:1:1')),
  line('drbdsetup ', fc.constantFrom('down', 'del-resource'), ' ', resource),
  line('xl create /run/', fc.constantFrom('web', 'sql'), '.cfg'),
  line('xl ', fc.constantFrom('destroy', 'pause', 'unpause', 'shutdown', 'reboot'), ' ', guest),
  line('xl rename ', guest, ' ', fc.constantFrom('web', 'sql', 'other')),
  line('xl mem-set ', guest, ' 64'),
  line('xl block-attach ', guest, ' phy:', device, ',xvdb,w'),
  line('xl block-detach ', guest, ' xvdb'),
  line('xl network-attach ', guest, ' bridge=xenbr0'),
  line(
    "xl migrate -s '' ",
    guest,
    ' ',
    fc.constantFrom("'ssh b xl migrate-receive'", "'ssh a xl migrate-receive'", "'xl migrate-receive'"),
  ),
  line('iscsid'),
  line('multipathd'),
  line(`iscsiadm -m discovery -t sendtargets -p ${PORTALS[0]}`),
  line(`iscsiadm -m node -T ${TARGET} --`, fc.constantFrom('login', 'logout')),
  line(`iscsiadm -m node -T ${TARGET} -p ${PORTALS[1]} --`, fc.constantFrom('login', 'logout')),
  line('multipath -f 36', '0'.repeat(31)),
  line('mkdir -p /mnt'),
  line('mount ', device, ' /mnt'),
  line('umount /mnt'),
  line('dd if=', device, ' of=', device, ' bs=1M count=8'),
  line('blkdiscard ', device),
  line('ip link add name br9 type bridge'),
  line('ip link del br9'),
)

type Act =
  | { readonly kind: 'command'; readonly host: 'a' | 'b'; readonly text: string }
  | { readonly kind: 'time'; readonly milliseconds: number }
  | { readonly kind: 'fate'; readonly what: 'cut' | 'heal' | 'off' | 'on' }

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 30,
    arbitrary: fc.record({ kind: fc.constant('command' as const), host: fc.constantFrom('a' as const, 'b' as const), text: COMMANDS }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('time' as const), milliseconds: fc.integer({ min: 1, max: 9000 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('fate' as const),
      what: fc.constantFrom('cut' as const, 'heal' as const, 'off' as const, 'on' as const),
    }),
  },
)

/** A site in which most of what is drawn does something. */
function furnished(): Site {
  const { site } = openPair()
  const lun = { bytes: 1 << 28, wwid: `naa.6${'0'.repeat(31)}` }
  const config = (name: string, disk: string) => ({
    text: `name="${name}"\ntype="pvh"\nmemory=64\ndisk=["phy:${disk},xvda,w"]\n`,
    mode: 0o600,
  })
  const files = new Map([
    ['/run/web.cfg', config('web', '/dev/mapper/g')],
    ['/run/sql.cfg', config('sql', '/dev/vg0/y')],
  ])
  const filled = ['a', 'b'].reduce(
    (all, name) => withRam(all, name, { files: new Map([...hostOf(all, name).ram.files, ...files]) }),
    addTarget(site.state, { name: TARGET, portals: PORTALS, luns: [lun] }),
  )
  const first = [
    'vgcreate vg0 /dev/vda',
    'lvcreate -y -n x -L 16m vg0',
    'lvcreate -y -n y -L 16m vg0',
    'lvcreate -y -n m1 -L 4m vg0',
    'lvcreate -y -n m2 -L 4m vg0',
    "dmsetup create g --table '0 8192 linear /dev/vg0/x 0'",
    "dmsetup create raw --table '0 8192 linear /dev/vg0/x 0'",
    'drbdmeta --force 1 v08 /dev/vg0/m1 flex-external create-md',
    'drbdsetup new-resource r',
    'drbdsetup new-minor r 1 0',
    'drbdsetup attach 1 /dev/mapper/raw /dev/vg0/m1 flexible',
    'iscsid',
    `iscsiadm -m discovery -t sendtargets -p ${PORTALS[0]}`,
  ]
  const run = first.reduce((all, text) => ['a', 'b'].reduce((one, host) => apply(one, host, words(text), one.now).site, all), filled)
  const label = { kind: 'file-system', type: 'ext4', uuid: 'one', files: new Map() } as const
  return ['a', 'b'].reduce((all, host) => sign(all, host, findDevice(all, host, '/dev/vg0/y')?.kname ?? '', label), run)
}

const START = furnished()
let gaps = 0

function done(site: Site, one: Act): Site {
  switch (one.kind) {
    case 'time':
      return apply(site, hostOf(site, 'a').power === 'on' ? 'a' : 'b', ['sync'], site.now + one.milliseconds).site
    case 'fate':
      return one.what === 'cut'
        ? cut(site, 'a', 'b')
        : one.what === 'heal'
          ? heal(site, 'a', 'b')
          : one.what === 'off'
            ? powerOff(site, 'b')
            : powerOn(site, 'b')
    case 'command': {
      if (hostOf(site, one.host).power === 'off') return site
      try {
        return apply(site, one.host, words(one.text), site.now).site
      } catch (error) {
        if (!(error instanceof SimulatorGap)) throw error
        gaps += 1
        return site
      }
    }
  }
}

test(`no command in any order breaks the books of kernels and LVM (seed ${seed})`, (t) => {
  let commands = 0
  fc.assert(
    fc.property(fc.array(act, { minLength: 20, maxLength: 80, size: 'max' }), (acts) => {
      let site = START
      const history: string[] = []
      for (const one of acts) {
        site = done(site, one)
        history.push(JSON.stringify(one))
        commands += 1
        const broken = brokenBooks(site)
        if (broken.length > 0) throw new Error(`${broken.join('; ')} after\n${history.join('\n')}`)
      }
    }),
    { seed, numRuns: 150 },
  )
  t.true(gaps < commands / 5, `${gaps} of ${commands} commands are gaps`)
})

test(`the same state and the same commands come to the same (seed ${seed})`, (t) => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 40, size: 'max' }), (acts) => {
      const ends = [acts, acts].map((one) => one.reduce(done, START))
      t.deepEqual(ends[0], ends[1])
    }),
    { seed, numRuns: 25 },
  )
})

test(`whatever was run, the agent reads the host without a problem (seed ${seed})`, async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 10, maxLength: 60, size: 'max' }), async (acts) => {
      const { site, a } = openPair()
      site.change(() => [...acts, { kind: 'fate', what: 'on' } as const].reduce(done, START))
      const { problems } = await collect(a.backend)
      if (problems.length > 0) throw new Error(JSON.stringify(problems))
    }),
    { seed, numRuns: 40 },
  )
  t.pass()
})

test(`content that is written over, cut and pasted is what an array of sectors would be (seed ${seed})`, (t) => {
  const write = fc.record({
    at: fc.nat(40),
    sectors: fc.integer({ min: 1, max: 12 }),
    stamp: fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined }),
  })
  fc.assert(
    fc.property(fc.array(write, { maxLength: 20 }), fc.nat(40), fc.nat(40), (writes, from, to) => {
      const plain: (string | undefined)[] = Array(80).fill(undefined)
      let content = writes.reduce(
        (all, { at, sectors, stamp }) => {
          plain.fill(stamp, at, at + sectors)
          return overwrite(all, at, at + sectors, stamp)
        },
        [] as ReturnType<typeof overwrite>,
      )
      content = paste(content, to, 10, cutOut(content, from, from + 10))
      plain.splice(to, 10, ...plain.slice(from, from + 10))
      t.deepEqual(
        Array.from({ length: 80 }, (_, sector) => content.find(({ at, end }) => at <= sector && sector < end)?.stamp),
        plain.slice(0, 80),
      )
      t.is(sectorsIn(content), plain.filter((one) => one !== undefined).length)
    }),
    { seed, numRuns: 300 },
  )
})
