// From hosts that are up to a pool: what an operator does with machines that nobody has approved yet. What it says, it has done.

import type { z } from 'zod'
import { CONTRACT } from '../../manager/contract/contract.ts'
import type { Host } from '../../manager/contract/hosts.ts'
import { type Matrix, matrix } from '../../manager/contract/things.ts'
import { inventory } from '../../manager/protocol/inventory.ts'
import type { RackNode } from './node.ts'
import type { Operator } from './operator.ts'
import type { Target } from './target.ts'

export const hostsAnswer = CONTRACT.hosts.list.output

/** Ten times what an agent takes from its start to its first report, two in emulated machines at once. */
export const REPORT_MS = 300_000
const VLAN = 100

/** Resolves when all of them have told the manager what they are. */
export async function waitReported(operator: Operator, names: readonly string[]): Promise<readonly Host[]> {
  const reported = ({ hosts }: z.output<typeof hostsAnswer>) =>
    names.every((name) => hosts.some((one) => one.name === name && one.hardware !== undefined))
  const { hosts } = await operator.until(`reported by ${names.join(', ')}`, '/hosts', hostsAnswer, reported, REPORT_MS)
  return hosts
}

export async function waitState(operator: Operator, names: readonly string[], state: Host['state']): Promise<void> {
  const there = ({ hosts }: z.output<typeof hostsAnswer>) =>
    names.every((name) => hosts.some((one) => one.name === name && one.state === state))
  await operator.until(`${state}: ${names.join(', ')}`, '/hosts', hostsAnswer, there, REPORT_MS)
}

/** One command for all that are pending; resolves when they are up and known in full. */
export async function approveAll(operator: Operator, names: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await operator.hostless('host', 'approve', '*')
  if (exitCode !== 0) throw new Error(`host approve: ${stderr.trim()}`)
  await waitState(operator, names, 'up')
  await waitRead(operator, names)
}

/** Resolves when their agents have read everything that the first report does without. */
export async function waitRead(operator: Operator, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const whole = ({ problems }: z.output<typeof inventory>) => !problems.some(({ reason }) => reason.startsWith('not read yet'))
    await operator.until(`read by ${name}`, `/hosts/${name}/inventory`, inventory, whole, REPORT_MS)
  }
}

/** Resolves when the agents of all of them have a connection that is no older than this, ms since 1970; 0: whichever. */
export async function waitLinked(operator: Operator, names: readonly string[], since: number): Promise<void> {
  const linked = ({ hosts }: z.output<typeof hostsAnswer>) =>
    names.every((name) =>
      hosts.some(({ name: found, connection }) => found === name && connection !== undefined && connection.since >= since),
    )
  await operator.until(`connected again: ${names.join(', ')}`, '/hosts', hostsAnswer, linked, REPORT_MS)
}

/** A bridge for guests on a VLAN of its second NIC, as an admin makes it; the matrix has a network more then. */
export async function bridgeSecondNic({ ssh, plan }: RackNode): Promise<void> {
  const mac = plan.nics[1]?.mac
  if (mac === undefined) throw new Error(`${plan.name} has one NIC`)
  const script = `
nic=$(basename "$(dirname "$(grep -l ${mac} /sys/class/net/eth*/address)")")
modprobe 8021q
ip link add link "$nic" name "$nic.${VLAN}" type vlan id ${VLAN}
ip link add xenbr1 type bridge
ip link set "$nic.${VLAN}" addrgenmode none master xenbr1 up
ip link set xenbr1 addrgenmode none up`
  const { exitCode, stderr } = await ssh(['sh', '-e'], { input: script, deadlineMs: REPORT_MS })
  if (exitCode !== 0) throw new Error(`${plan.name}: ${stderr.trim()}`)
}

/** Resolves with the matrix once it has the target's LUN, reached by all of them, and the VLAN of the second NIC. */
export async function waitConnected(operator: Operator, names: readonly string[], target: Target): Promise<Matrix> {
  const whole = (seen: Matrix) => reachAll(seen, names, target) && seen.rows.some(({ key }) => key === `vlan:${VLAN}`)
  return operator.until(`one LUN reached by ${names.join(', ')}, and VLAN ${VLAN}`, '/matrix', matrix, whole, REPORT_MS)
}

/** Resolves with the matrix once all of them reach the target's LUN. */
export async function waitShared(operator: Operator, names: readonly string[], target: Target): Promise<Matrix> {
  const shared = (seen: Matrix) => reachAll(seen, names, target)
  return operator.until(`one LUN reached by ${names.join(', ')}`, '/matrix', matrix, shared, REPORT_MS)
}

function reachAll({ hosts, rows }: Matrix, names: readonly string[], target: Target): boolean {
  const shared = rows.find(({ kind, sizeBytes }) => kind === 'lun' && sizeBytes === target.bytes)
  const reach = hosts.filter((_, at) => shared?.cells[at]?.reached).map(({ name }) => name)
  return names.every((name) => reach.includes(name))
}
