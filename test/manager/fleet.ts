// Simulated hosts in a process of their own, as many as a test wants: boots told to the manager as an appliance does, agents started.
import { fork } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import type { ExecutionContext } from 'ava'
import { makeMachine } from '../../images/agent/simulator.ts'
import type { ManagerAddress } from '../../manager/protocol/appliance.ts'
import { newHostId } from '../../manager/store/tables/hosts.ts'
import { programAt } from '../program.ts'
import type { Boot, Order, Told } from './fleet-messages.ts'
import { post } from './site.ts'

export interface Fleet {
  unplug(): void
  /** How many of them are connected and welcome. */
  welcome(): Promise<number>
}

/** Enrolments from one address are limited: each speaks from one of its own, as hosts do. */
const addressOf = (index: number) => `127.1.${1 + (index >> 8)}.${index & 255}`
const BOOTS_AT_ONCE = 500

export async function startFleet(
  t: ExecutionContext,
  { address, secret }: { readonly address: ManagerAddress; readonly secret: string },
  count: number,
  sampleSeconds = 10,
): Promise<Fleet> {
  const seed = 'fleet'
  const boots = Array.from({ length: count }, (_, index): Boot & { readonly mac: string } => ({
    index,
    attempt: newHostId(),
    token: randomBytes(32).toString('base64url'),
    from: addressOf(index),
    mac: makeMachine(seed, index).mac,
  }))
  const expires = Date.now() + 3600_000
  for (let at = 0; at < count; at += BOOTS_AT_ONCE) {
    const attempts = boots.slice(at, at + BOOTS_AT_ONCE).map(({ attempt, token, from, mac }) => {
      return { id: attempt, mac, address: from, tokenHash: createHash('sha256').update(token).digest('hex'), expires }
    })
    const { status, text } = await post(address, '/appliance/attempts', JSON.stringify({ attempts }), { authorization: `Bearer ${secret}` })
    if (status !== 204) throw new Error(`the attempts were not taken: ${status} ${text}`)
  }
  const { file, options } = programAt(new URL('fleet-main.ts', import.meta.url))
  const child = fork(file, { execArgv: [...options], serialization: 'advanced' })
  t.teardown(() => child.kill('SIGKILL'))
  const order = (what: Order) => child.send(what)
  order({ kind: 'start', seed, address, boots: boots.map(({ mac: _, ...boot }) => boot), sampleSeconds })
  return {
    unplug: () => void order({ kind: 'unplug' }),
    welcome: () =>
      new Promise((resolve, reject) => {
        const ended = () => reject(new Error('the simulated hosts have ended'))
        child.once('exit', ended)
        child.once('message', (told: Told) => {
          child.off('exit', ended)
          resolve(told.count)
        })
        order({ kind: 'ask' })
      }),
  }
}
