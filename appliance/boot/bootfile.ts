// What a DHCP reply carries so that this firmware boots from us: boot-notes "DHCP and PXE", RFC 4578, EDK2 and iPXE sources.
// Options 43 and 175 are given as the bytes that go on the wire.
import type { Ipv4, Mac } from '../wire/addresses.ts'
import { describeFirmware, type Firmware, type Processor } from './firmware.ts'

/** Where the appliance serves boot files. */
export interface BootServer {
  readonly address: Ipv4
  readonly httpPort: number
  readonly tftpPort: number
}

/**
 * Which reply is being made. `full`: address and boot file in one. `proxy-offer`: boot data beside another server's address.
 * `boot-server`: the answer on port 4011.
 */
export type ReplyRole = 'full' | 'proxy-offer' | 'boot-server'

export type BootAnswer =
  | {
      readonly kind: 'boot'
      readonly siaddr: Ipv4
      /** File name or URL, at most 127 bytes; undefined when the firmware shall ask port 4011 for it. */
      readonly file: string | undefined
      /** Option 60. */
      readonly vendorClass: 'PXEClient' | 'HTTPClient' | undefined
      /** Option 43. */
      readonly vendorSpecific: Buffer | undefined
      /** Option 66, when asked for: the TFTP server in text. */
      readonly tftpServerName: string | undefined
      /** Option 175. */
      readonly etherboot: Buffer | undefined
    }
  /** The client gets no boot data; `reason` is for the log and the timeline. */
  | { readonly kind: 'none'; readonly reason: string }

export const BIOS_LOADER = 'undionly.kpxe'
export const UEFI_LOADER = 'snponly.efi'

/** PXE discovery control (43.6) 8: no discovery, take the boot file; menu prompt (43.10) timeout 0. Then END. */
const TAKE_THE_BOOT_FILE = Buffer.from([6, 1, 8, 10, 4, 0, ...Buffer.from('PXE'), 255])
/** Boot menu (43.9) entry 0 and menu prompt (43.10): the Pi's ROM looks for this very text before it asks TFTP for files. */
const RASPBERRY_PI_MENU = Buffer.from([9, 20, 0, 0, 17, ...Buffer.from('Raspberry Pi Boot'), 10, 4, 0, ...Buffer.from('PXE'), 255])
/** 175.176 (no-pxedhcp) = 1: do not wait 2 s for proxies. */
const DO_NOT_WAIT_FOR_PROXIES = Buffer.of(176, 1, 1)

export function bootAnswer(firmware: Firmware, mac: Mac, server: BootServer, role: ReplyRole): BootAnswer {
  switch (firmware.kind) {
    case 'os':
      return { kind: 'none', reason: 'it asks for an address only' }
    case 'unknown':
      return { kind: 'none', reason: `no boot file: ${firmware.reason}` }
    case 'bios-pxe':
      return role === 'full' ? pxe(server, BIOS_LOADER) : { ...pxe(server, BIOS_LOADER), ...AS_PXE, vendorSpecific: TAKE_THE_BOOT_FILE }
    case 'uefi-pxe':
      if (firmware.processor !== 'x64') return noLoader(firmware)
      return uefiPxe(server, role)
    case 'uefi-http':
      if (firmware.processor !== 'x64') return noLoader(firmware)
      // EDK2 drops an answer to HTTP boot that does not echo the class, and resolves no names: an address in the URL.
      return { ...boot(server), file: `${httpBase(server)}/${UEFI_LOADER}`, vendorClass: 'HTTPClient' }
    case 'ipxe':
      return ipxe(firmware.http, mac, server, role)
    case 'raspberry-pi':
      return { ...boot(server), ...AS_PXE, vendorSpecific: RASPBERRY_PI_MENU, tftpServerName: server.address }
  }
}

/** The script of one host: BIOS iPXE shares 512 bytes among all URLs and command lines, so it is short. */
export function scriptUrl(server: BootServer, mac: Mac): string {
  return `${httpBase(server)}/boot/${mac}`
}

type Boot = Extract<BootAnswer, { kind: 'boot' }>
const AS_PXE = { vendorClass: 'PXEClient' } as const

/**
 * With the address in the same offer there is no option 60: EDK2 then boots the file plainly, and iPXE takes any reply with
 * `PXEClient` for a proxy's. A proxy must say PXEClient; with option 43 beside it older EDK2 never caches the offer, so UEFI
 * gets neither 43 nor a file, and asks port 4011.
 */
function uefiPxe(server: BootServer, role: ReplyRole): Boot {
  switch (role) {
    case 'full':
      return pxe(server, UEFI_LOADER)
    case 'proxy-offer':
      return { ...boot(server), ...AS_PXE }
    case 'boot-server':
      return { ...pxe(server, UEFI_LOADER), ...AS_PXE }
  }
}

function ipxe(http: boolean, mac: Mac, server: BootServer, role: ReplyRole): Boot {
  const port = server.tftpPort === 69 ? '' : `:${server.tftpPort}`
  const file = http ? scriptUrl(server, mac) : `tftp://${server.address}${port}/boot/${mac}`
  const answer = { ...boot(server), file }
  return role === 'full' ? { ...answer, etherboot: DO_NOT_WAIT_FOR_PROXIES } : { ...answer, ...AS_PXE }
}

function pxe(server: BootServer, file: string): Boot {
  return { ...boot(server), file, tftpServerName: server.address }
}

function boot(server: BootServer): Boot {
  return {
    kind: 'boot',
    siaddr: server.address,
    file: undefined,
    vendorClass: undefined,
    vendorSpecific: undefined,
    tftpServerName: undefined,
    etherboot: undefined,
  }
}

function noLoader(firmware: Firmware & { readonly processor: Processor }): BootAnswer {
  return { kind: 'none', reason: `no boot file: we have no loader for ${describeFirmware(firmware)}` }
}

function httpBase(server: BootServer): string {
  return `http://${server.address}:${server.httpPort}`
}
