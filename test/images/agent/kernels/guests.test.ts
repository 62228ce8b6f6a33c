import test from 'ava'
import { keepGuests } from '../../../../images/agent/guests/keeper.ts'
import { leaveKernel } from '../../../../images/agent/requests/bring-kernel.ts'
import { openDesk } from '../../../../images/agent/requests/desk.ts'
import { destroyGuest } from '../../../../images/agent/requests/destroy-guest.ts'
import { changingHandlers } from '../../../../images/agent/requests/handlers.ts'
import { startGuest } from '../../../../images/agent/requests/start-guest.ts'
import { collectingLog } from '../../../appliance/wire/collecting-log.ts'
import { asJob, guestHost, killedAfter } from '../guests/host.ts'
import { FOLDER, kernelHost } from './host.ts'

test('a guest boots by its kernel: xl is told of its own files and of the line, which means nothing else to it', async (t) => {
  const machine = await kernelHost()
  t.like(await startGuest(machine.world, machine.start, asJob(machine)), { kind: 'guest-started', was: 'not there' })
  const { uuid } = machine.guest
  const config = machine.file(`/run/hostless/guests/${uuid}.cfg`) ?? ''
  t.true(config.includes(`\nkernel = "${FOLDER}/${uuid}.kernel"\nramdisk = "${FOLDER}/${uuid}.initrd"\n`))
  t.true(config.includes(`\nextra = 'root=/dev/xvda1 ro console=hvc0 dyndbg="file a.c +p"'\n`))
  t.false(config.includes('grub'))
})

test('it is started again after a crash while the manager is away, by what is here', async (t) => {
  const machine = await kernelHost()
  await startGuest(machine.world, machine.start, asJob(machine))
  machine.manager.fetch = () => Promise.reject(new Error('away'))
  machine.become({ state: 'crashed' })
  const desk = openDesk(changingHandlers(machine.world), { clock: machine.host.clock })
  let acting: Promise<unknown> = Promise.resolve()
  const keeper = keepGuests({
    world: machine.world,
    desk: {
      inTurn: (...given) => {
        const done = desk.inTurn(...given)
        acting = Promise.all([acting, done])
        return done
      },
    },
    clock: { after: () => () => undefined },
    log: collectingLog().log,
  })
  keeper.look()
  await keeper.idle()
  await acting
  t.like(machine.domains()[0], { domid: 2, state: 'running' })
})

test('its files go when it ends here, and when it boots by GRUB again; as long as it is kept, leave-kernel leaves them', async (t) => {
  const machine = await kernelHost()
  const { uuid } = machine.guest
  await startGuest(machine.world, machine.start, asJob(machine))
  t.deepEqual(await leaveKernel(machine.world, { kind: 'leave-kernel', uuid }), { kind: 'kernel-left', was: 'kept' })
  t.is(machine.lies().length, 5)
  await destroyGuest(machine.world, { kind: 'destroy-guest', uuid })
  t.deepEqual(machine.lies(), [])
  await machine.world.kernels?.bring(
    uuid,
    { kernel: { id: machine.guest.boot.kind === 'kernel' ? machine.guest.boot.kernel.id : '', sizeBytes: 2 * 2 ** 20 - 1000 } },
    asJob(machine),
  )
  t.is(machine.lies().length, 3)
  await startGuest(machine.world, { ...machine.start, guest: { ...machine.guest, boot: { kind: 'grub' } } }, asJob(machine))
  t.deepEqual(machine.lies(), [])
})

test('where its kernel does not come it is not started, and nothing is left: a host without a store of images says so', async (t) => {
  const machine = await kernelHost()
  machine.manager.onBlock = (_, block) => Buffer.from(block).fill(0)
  const refusal = await startGuest(machine.world, machine.start, asJob(machine))
  t.regex(refusal.kind === 'refused' ? refusal.reason : '', /its kernel does not come/)
  t.deepEqual([machine.domains(), machine.kept(), machine.lies(), machine.open()], [[], undefined, [], []])
  const bare = await guestHost()
  const none = await startGuest(bare.world, { ...bare.start, guest: { ...bare.guest, boot: machine.guest.boot } }, asJob(bare))
  t.regex(none.kind === 'refused' ? none.reason : '', /boots by a kernel of the manager's image store, and this host gets none/)
})

test('an agent is killed wherever it is while the guest is started: the next one starts it, with whole files', async (t) => {
  t.timeout(300_000)
  const whole = await kernelHost()
  const counted = killedAfter(whole.world, Number.POSITIVE_INFINITY)
  await startGuest(counted.world, whole.start, asJob(whole))
  for (let limit = 0; limit < counted.asked(); limit += 2) {
    const machine = await kernelHost()
    const killed = killedAfter(machine.world, limit)
    void startGuest(killed.world, machine.start, asJob(machine))
    await killed.dead
    await startGuest(machine.world, machine.start, asJob(machine))
    const again = await startGuest(machine.world, machine.start, asJob(machine))
    t.is(again.kind, 'guest-started', `killed after ${limit}`)
    t.is(machine.lies().length, 5, `killed after ${limit}`)
  }
})
