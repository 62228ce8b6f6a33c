// Why a boot does not go on, in plain words with what to do, from what was seen and what was not.
import { TOOL_FILES } from '../boot/tools.ts'
import { type Attempt, eventsOf, isFromStick, onceServed } from './attempt.ts'
import type { Stage } from './event.ts'

/** A stage that failed and said why. */
export function explainFailure(attempt: Attempt, stage: Stage, reason: string): string {
  switch (stage) {
    case 'script':
      if (isFromStick(attempt)) return `This host runs from a stick, and is none of ours: ${reason}. It asks again until this is put right.`
      return `This host gets no boot script: ${reason}. It asks again every 10 seconds and boots once this is put right.`
    case 'initramfs':
    case 'network':
      return `The initramfs failed: ${reason}. It keeps trying; its console says more.`
    case 'root':
      return `The root could not be mounted: ${reason}. The initramfs keeps trying; check that the appliance serves this image and that nfs.port and http.port are open to this host.`
    case 'dom0':
    case 'up':
      return `dom0 started and then failed: ${reason}. Log in on its console; journalctl -b says more.`
    case 'firmware':
    case 'ipxe':
    case 'kernel':
      return `${stage}: ${reason}.`
  }
}

/** `host`: a name or a MAC address. */
export function explainCapture(host: string): string {
  return `What was on the wire is kept: hostless boot capture ${host}.`
}

/** An attempt that another one has followed. */
export function explainEnd(last: Stage | undefined, cause: string): string {
  return `The host began another boot before this one was up (it had got to: ${last ?? 'nothing'}). ${cause}`
}

/** More than iPXE asks by itself where an answer was lost: once by each transport. */
const COMES_BACK = 3

/** Of a boot of something else than the pool, which is no failure; undefined while nothing says that it did not start. */
export function explainOnce(attempt: Attempt): string | undefined {
  const asked = eventsOf(attempt, 'script').reduce((sum, { times: often }) => sum + often, 0)
  if (asked < COMES_BACK) return undefined
  const back = `It came back and asked for its script ${times(asked)}, and boots the pool from a minute after the first time on.`
  switch (onceServed(attempt)?.what) {
    case undefined:
    case 'shell': // a person asks as often as they like
      return undefined
    case 'local':
      return `${back} Nothing starts from its first local disk (on BIOS drive 0x80): its console says more. Has it a boot loader for this firmware?`
    case 'memtest': {
      const files = eventsOf(attempt, 'file').filter(({ event }) => TOOL_FILES.some((file) => file === event.file))
      const isWhole = files.some(({ event }) => event.outcome === 'served')
      return isWhole
        ? `${back} It has fetched memtest86+, which did not start: on UEFI Secure Boot must be off; its console says more.`
        : `${back} It has not fetched memtest86+ whole: are http.port (TCP) and tftp.port (UDP) open to this host?`
    }
  }
}

/**
 * No sign of life after `last`.
 * @param since when that stage was reached, ms since the epoch: what was dropped before did not stop the boot
 */
export function explainStuck(attempt: Attempt, last: Stage | undefined, since = attempt.startedAt): string {
  const dropped = explainDropped(attempt, last, since)
  if (dropped !== undefined) return dropped
  switch (last) {
    case undefined:
      return 'Nothing was heard of this host after its boot began: is it switched on, and its network cable plugged in?'
    case 'firmware':
      return explainAsking(attempt, 'firmware')
    case 'ipxe':
      return explainAsking(attempt, 'ipxe')
    case 'script':
      return explainScript(attempt)
    case 'kernel':
      return explainKernel(attempt)
    case 'initramfs':
      return 'The initramfs runs, and has not brought its network up: its console says which NIC, VLAN or bond it waits for.'
    case 'network':
      return explainNetwork(attempt)
    case 'root':
      return "The root is mounted, and dom0's init has not started: its console says why; a damaged or incomplete image is the usual cause (hostless image verify)."
    case 'dom0':
    case 'up':
      return "dom0 runs, and Xen's toolstack has not answered: log in on its console; systemctl --failed and xl info say more."
  }
}

/** Never blames the network for what our own servers dropped: they heard it. */
function explainDropped(attempt: Attempt, last: Stage | undefined, since: number): string | undefined {
  if (last === 'root' || last === 'dom0' || last === 'up') return undefined
  const served = [...eventsOf(attempt, 'tftp'), ...eventsOf(attempt, 'file')].filter(({ event }) => event.outcome === 'served')
  const lastProgress = Math.max(since, ...served.map((recorded) => recorded.last))
  const drops = eventsOf(attempt, 'drop').filter((recorded) => recorded.last >= lastProgress)
  const latest = [...drops].sort((a, b) => a.last - b.last).at(-1)
  if (!latest) return undefined
  const { protocol, reason } = latest.event
  const count = drops.filter(({ event }) => event.protocol === protocol).reduce((sum, recorded) => sum + recorded.times, 0)
  const what = protocol === 'dhcp' || protocol === 'tftp' ? 'packet' : 'request'
  return `${plural(count, `${protocol.toUpperCase()} ${what}`)} of this host reached the appliance, which dropped ${count === 1 ? 'it' : 'them'} itself (${reason}): the network carries them. If the reason names a field, the program that sends it is at fault: update the firmware or the loader, or report the packet (tcpdump -w) so that it can be read.`
}

interface Exchanges {
  readonly discovers: number
  readonly offers: number
  readonly requests: number
  readonly acks: number
  readonly naks: number
  /** The last reason that we had for silence or a NAK. */
  readonly reason: string | undefined
  /** Our offers gave an address: we are no proxy. */
  readonly gaveAddress: boolean
}

function exchangesBy(attempt: Attempt, by: 'firmware' | 'ipxe'): Exchanges {
  const seen = eventsOf(attempt, 'dhcp').filter(({ event }) => event.by === by)
  const count = (matches: (event: (typeof seen)[number]['event']) => boolean): number =>
    seen.filter(({ event }) => matches(event)).reduce((sum, { times }) => sum + times, 0)
  return {
    discovers: count(({ message }) => message === 'DISCOVER'),
    offers: count(({ message, answer }) => message === 'DISCOVER' && answer === 'offer'),
    requests: count(({ message }) => message === 'REQUEST'),
    acks: count(({ answer }) => answer === 'ack'),
    naks: count(({ answer }) => answer === 'nak'),
    reason: [...seen]
      .sort((a, b) => a.last - b.last)
      .flatMap(({ event }) => event.reason ?? [])
      .at(-1),
    gaveAddress: seen.some(({ event }) => event.answer === 'offer' && event.address !== undefined),
  }
}

function explainAsking(attempt: Attempt, by: 'firmware' | 'ipxe'): string {
  const seen = exchangesBy(attempt, by)
  const who = by === 'firmware' ? 'this firmware' : 'iPXE'
  const because = seen.reason ? ` (${seen.reason})` : ''
  if (seen.naks > 0 && seen.acks === 0) {
    return `${plural(seen.requests, 'REQUEST')}, refused${because}: the address that it asks for is not ours to give. Is there another DHCP server on this network, or an old reservation?`
  }
  if (seen.requests === 0 && seen.offers === 0 && seen.discovers > 0) {
    return `${plural(seen.discovers, 'DISCOVER')}, no offer from us${because}: check dhcp.mode, dhcp.pool and, behind a relay, dhcp.subnets in the config.`
  }
  if (seen.requests === 0 && seen.offers > 0) {
    return seen.gaveAddress
      ? `${plural(seen.offers, 'offer')}, no REQUEST: ${who} rejects our offers or does not get them. Look for a second DHCP server, a switch port that is not forwarding yet (spanning tree: use portfast), or a relay that drops answers.`
      : `${plural(seen.offers, 'offer')}, no REQUEST: ${who} rejects proxy offers, or no other DHCP server gave it an address. Use dhcp.mode authoritative, or let the other server name our boot file.`
  }
  return by === 'firmware' ? explainLoader(attempt, seen) : explainNoScript(seen, because)
}

/** The firmware has its address; its loader comes by TFTP or HTTP. */
function explainLoader(attempt: Attempt, seen: Exchanges): string {
  const transfers = [...eventsOf(attempt, 'tftp'), ...eventsOf(attempt, 'file')].sort((a, b) => a.last - b.last)
  const latest = transfers.at(-1)
  if (!latest) {
    const address = seen.acks > 0 ? 'it has an address' : 'its REQUEST went to another server'
    const because = seen.reason ? ` (${seen.reason})` : ''
    return `${plural(seen.requests, 'REQUEST')}, then no TFTP and no HTTP request: ${address}${because}, and it asks us for no loader. Check that UDP port 69 and http.port are open, and that no other DHCP server names another boot file.`
  }
  const { file, outcome, reason } = latest.event
  const transport = latest.event.kind === 'tftp' ? 'TFTP' : latest.event.transport.toUpperCase()
  const why = reason ? ` (${reason})` : ''
  switch (outcome) {
    case 'aborted':
      return `The firmware aborted the ${transport} transfer of ${file} ${times(latest.times)}${why}: often too large a block size for this firmware, or a loader of the wrong architecture. Switch the firmware between BIOS and UEFI boot, or update it.`
    case 'failed':
    case 'partial':
      return `The ${transport} transfer of ${file} broke off ${times(latest.times)}${why}: the firmware stopped taking it. Look for packet loss, a full-size frame that a switch drops (MTU), or a firewall that blocks UDP ports above 1023.`
    case 'not-found':
      return `The firmware asked by ${transport} for ${file}, which we do not serve${why}: another DHCP server may have named it, or the firmware has a boot file of its own set.`
    case 'probed':
      return `The firmware asked for the size of ${file} and did not fetch it: it may be too large for this firmware.`
    case 'served':
      return `The firmware fetched ${file} whole, and it did not start: switch Secure Boot off, and check that the firmware boots as the machine was bought (BIOS or UEFI).`
  }
}

function explainNoScript(seen: Exchanges, because: string): string {
  if (seen.acks > 0) {
    return 'iPXE has an address and asked for no boot script: is http.port open to this host? Its console says what it tried; another DHCP server may have named another boot file.'
  }
  return `${plural(seen.requests, 'REQUEST')} by iPXE, not answered by us${because}: another DHCP server gives the address. Let it name our script, or use dhcp.mode proxy or authoritative.`
}

function explainScript(attempt: Attempt): string {
  if (isFromStick(attempt)) {
    return "This host runs from a stick and has its attempt, and Xen's toolstack has not answered since: its console says more."
  }
  const fetched = eventsOf(attempt, 'script').reduce((sum, { times }) => sum + times, 0)
  return `The boot script was fetched ${times(fetched)}, and no file of Xen after it: its console says what iPXE tried. Are http.port (TCP) and tftp.port (UDP) open to this host?`
}

function explainKernel(attempt: Attempt): string {
  const files = [...eventsOf(attempt, 'file')].sort((a, b) => a.last - b.last)
  const whole = files.some(({ event }) => event.file === 'initrd.img' && event.outcome === 'served')
  const latest = files.at(-1)?.event
  if (!whole) {
    const broken =
      !latest || latest.outcome === 'served'
        ? `${latest?.file ?? 'nothing'} was the last`
        : `${latest.file} ${latest.outcome} over ${latest.transport.toUpperCase()}${latest.reason ? ` (${latest.reason})` : ''}`
    return `Kernel and initramfs were not fetched whole: ${broken}. Look for packet loss, and at its console for what iPXE says.`
  }
  return "Xen, kernel and initramfs were fetched, and the initramfs has not reported: Xen or dom0's kernel crashed, or the initramfs found no network. Look at the console (serial, 115200 baud). Usual causes: less memory than boot.dom0Memory (dom0_mem) and Xen need, a NIC whose driver is not in the image, a VLAN or bond that the switch does not carry."
}

function explainNetwork(attempt: Attempt): string {
  const mounts = eventsOf(attempt, 'mount')
  const asked = mounts.length > 0 ? `it asked for ${mounts.at(-1)?.event.path ?? ''}` : 'it has not asked for a mount'
  return `The network of the initramfs is up, and the root is not mounted: ${asked}. Is nfs.port (TCP; http.port for root: ram) open to this host? Its console says more.`
}

const WORDS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']

function plural(count: number, thing: string): string {
  return `${WORDS[count] ?? count} ${thing}${count === 1 ? '' : 's'}`
}

function times(count: number): string {
  return count === 1 ? 'once' : count === 2 ? 'twice' : `${WORDS[count] ?? count} times`
}
