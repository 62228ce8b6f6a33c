import test from 'ava'
import { bootOf } from '../../../../../manager/automations/guests/plans/boot.ts'
import { planChange, previewChange } from '../../../../../manager/automations/guests/plans/change.ts'
import { planCreate } from '../../../../../manager/automations/guests/plans/create.ts'
import { planStart, planStop } from '../../../../../manager/automations/guests/plans/life.ts'
import { weigh } from '../../../../../manager/automations/migrate/weigh.ts'
import { guestChange } from '../../../../../manager/protocol/guest-change.ts'
import { guestSpec } from '../../../../../manager/protocol/guest-spec.ts'
import { onEach } from '../../../store/dialects.ts'
import { KERNELS, plannerOn } from '../plan-rig.ts'
import { GUEST, node, rigAt } from '../rig.ts'

const CMDLINE = 'root=/dev/xvda1 ro console=hvc0'
const specWith = (boot: unknown, more: object = {}) =>
  guestSpec.parse({ name: 'web1', uuid: GUEST, memory: '1G', boot, disks: [{ size: '8G', pool: 'data' }], ...more })
const FILES = { kernel: { id: '6'.repeat(64), sizeBytes: 100 }, initrd: { id: '7'.repeat(64), sizeBytes: 200 } }
const at = (address: string) => ({ addresses: [{ interface: 'xenbr0', address, prefix: 24 }] }) as never

test('a kernel of a spec is told by the hashes of its files; what is none, or is not there, is refused with what to do', async (t) => {
  const images = {
    find: async (ref: string) => (ref in KERNELS ? { kind: 'done', value: KERNELS[ref] } : { kind: 'missing', reason: 'x' }) as never,
  }
  const bootBy = (boot: unknown) => bootOf(images, specWith(boot))
  t.deepEqual(await bootBy('grub'), { kind: 'done', value: { kind: 'grub' } })
  t.deepEqual(await bootBy({ kernel: 'debian', cmdline: CMDLINE }), { kind: 'done', value: { kind: 'kernel', ...FILES, cmdline: CMDLINE } })
  t.deepEqual(await bootBy({ kernel: 'lone' }), { kind: 'done', value: { kind: 'kernel', kernel: FILES.kernel, cmdline: '' } })
  t.like(await bootBy({ kernel: 'none' }), {
    kind: 'refused',
    code: 'no-kernel',
    reason: 'web1 boots by kernel none, and there is none of that name: hostless vm-image add-kernel adds one',
  })
  t.like(await bootBy({ kernel: 'gone' }), {
    code: 'no-kernel',
    reason: 'the content of kernel gone, which web1 boots by, is not on this manager: add it again',
  })
  const disk = await bootOf(
    { find: async (name) => ({ kind: 'done', value: { id: 'a'.repeat(64), name, kind: 'disk', sizeBytes: 1, present: true } }) },
    specWith({ kernel: 'root' }),
  )
  t.regex(disk.kind === 'refused' ? disk.reason : '', /boot by root, which is an image of a disk, and no kernel/)
})

onEach('a guest is made, started, changed and moved with its kernel; where that is missing nothing is begun', async (t, place) => {
  const rig = await rigAt(t, place, [node('a', at('10.77.0.21')), node('b', at('10.77.0.22'))])
  const { deps, begin } = plannerOn(rig)
  const create = (boot: unknown, more?: object) =>
    planCreate(deps, { spec: specWith(boot, more), among: new Set(['a']), power: 'on', who: 'alice' })
  t.like(await create({ kernel: 'none' }), { kind: 'refused', code: 'no-kernel' })
  t.regex(
    JSON.stringify(await create('grub', { disks: [{ size: '8G', pool: 'data', image: 'debian' }] })),
    /cannot begin with debian, which is a kernel/,
  )
  t.regex(JSON.stringify(await create({ kernel: 'debian' }, { disks: [] })), /has no disk: give it one: what is known of it lies beside/)
  const planned = await create({ kernel: 'debian', cmdline: CMDLINE })
  if (planned.kind !== 'done') return t.fail(planned.reason)
  t.deepEqual(planned.value.args.guest.boot, { kind: 'kernel', ...FILES, cmdline: CMDLINE })
  t.deepEqual(JSON.parse(planned.value.args.remembered?.record.spec ?? '{}').boot, { kernel: 'debian', cmdline: CMDLINE })
  t.is(await begin(Promise.resolve(planned)), '')

  const to = deps.pool.hosts().find(({ id }) => id === 'b')
  const HOW = { maxPauseMs: 2000, keepMs: 0 }
  const moving = await weigh(deps, { ref: 'web1', to, ...HOW })
  t.like(moving.kind === 'done' ? moving.value.args?.guest.boot : undefined, { kind: 'kernel', cmdline: CMDLINE })

  const change = (given: object) => ({ ref: 'web1', change: guestChange.parse(given) })
  const said = async (given: object) => {
    const preview = await previewChange(deps, change(given))
    return preview.kind === 'done' ? preview.value.map(({ what, when }) => `${what}: ${when}`) : preview
  }
  await begin(planStop(deps, { ref: GUEST, how: 'hard', seconds: 0 }))
  t.deepEqual(await said({ boot: { cmdline: 'quiet' } }), [
    'boot kernel debian: root=/dev/xvda1 ro console=hvc0 → kernel debian: quiet: at once',
  ])
  t.deepEqual(await said({ boot: 'grub' }), ['boot kernel debian: root=/dev/xvda1 ro console=hvc0 → its own GRUB: at once'])
  t.is(await begin(planChange(deps, change({ boot: { kernel: 'gone', cmdline: 'quiet' } }))), '')
  t.like(await planStart(deps, { ref: GUEST }), { kind: 'refused', code: 'no-kernel' })
  const stuck = await weigh(deps, { ref: 'web1', to, ...HOW })
  t.deepEqual(stuck.kind === 'done' ? [stuck.value.refusals.map(({ code }) => code), stuck.value.args] : stuck, [['no-kernel'], undefined])
  t.is(await begin(planChange(deps, change({ boot: 'grub' }))), '')
  const started = await planStart(deps, { ref: GUEST })
  t.deepEqual(started.kind === 'done' ? started.value.args.guest.boot : started, { kind: 'grub' })
  t.like(await planChange(deps, change({ boot: { cmdline: 'quiet' } })), { kind: 'refused', status: 422 })
})
