// What recipes ask of the manager itself, in a simulated run: cordons of the world, and moves as a plan has them.
import type { OwnDeps } from '../../../../../manager/automations/own/broker.ts'
import { moveArgs, uuidOf } from './guests.ts'
import { SEEDED, SMALL } from './wishes.ts'
import { HOSTS, type World } from './world.ts'

export function ownDoings(world: World): Pick<OwnDeps, 'pool' | 'plan'> {
  return {
    pool: {
      async change(host, [wish]) {
        const standing = world.cordons.get(host)
        if (wish?.kind === 'cordon' && standing === undefined) world.cordons.set(host, wish.reason)
        if (wish?.kind === 'uncordon' && standing === wish.of) world.cordons.delete(host)
        if (wish?.kind === 'cordon' && wish.to) world.evacuating.add(host)
        if (wish?.kind === 'uncordon' || wish?.kind === 'evacuated') world.evacuating.delete(host)
        return { kind: 'done', host: undefined as never }
      },
    },
    async plan(request) {
      if (request.kind !== 'move-guest') return { outcome: 'refused', reason: 'nobody restarts guests here', code: 'unfit' }
      if (world.hostOf(request.guest) !== request.from) return { outcome: 'elsewhere' }
      const number = [1, 2, 3, 4, SMALL.number].find((one) => uuidOf(one) === request.guest)
      const to = HOSTS.find((name) => name !== request.from)
      if (number === undefined || to === undefined) return { outcome: 'refused', reason: 'there is no such guest', code: 'unfit' }
      const isRunning = world.powerOf(request.guest) === 'on'
      if (isRunning && !request.restart) return { outcome: 'refused', reason: 'its CPU is another', code: 'unfit' }
      const made = {
        ...(number === SMALL.number ? SMALL : {}),
        ...{ number, host: request.from, generation: world.generationOf(request.guest) },
      }
      const args = moveArgs(made, to, isRunning ? 'restarted' : 'stopped', (host) => world.reportOf(host), world.epoch())
      return { recipe: 'migrate-guest', args: isRunning ? { ...args, ...SEEDED } : args }
    },
  }
}
