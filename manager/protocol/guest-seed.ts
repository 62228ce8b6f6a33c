// What a guest is told at its first boot, as its spec says it: by cloud-init's NoCloud, of a disk of its own. What may hold a secret, user
// data and the network's config, is told by its size alone wherever a spec is kept or shown. Pure.
import { z } from 'zod'
import { strict } from './strict.ts'
import { count, list } from './values.ts'

/** Seeds are kept for each guest: scripts fit, payloads do not. */
export const MOST_SEED_BYTES = 1 << 20
const MOST_KEYS = 64

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i
const SSH_KEY = /^(ssh-(ed25519|rsa)|ecdsa-sha2-[a-z0-9-]+|sk-[a-z0-9@.-]+) [A-Za-z0-9+/=]+( [^\n\r]*)?$/
/** How cloud-init tells what user data is; anything else it leaves alone with a warning that nobody reads. */
const USER_DATA = /^(#cloud-config|#!|#include|#cloud-boothook|#part-handler|## template:|Content-Type: multipart|MIME-Version:)/
/** Of netplan's version 2, or of cloud-init's version 1: in NoCloud's file with or without the key `network`. */
const NETWORK_CONFIG = /^(network|version|config|ethernets|renderer) *:|^#|^---|^\{/

export const hostName = z.string().regex(HOST_NAME, 'is no host name')
/** Public, a line each. */
export const sshKeys = list(z.string().max(16_384).regex(SSH_KEY, 'is no public ssh key'), MOST_KEYS)
export const userData = seedText(USER_DATA, 'begins neither with #cloud-config nor with #! nor as other user data of cloud-init does')
export const networkConfig = seedText(NETWORK_CONFIG, 'is no network-config of cloud-init: it begins with version: 2, say')

function seedText(begins: RegExp, otherwise: string) {
  return z
    .string()
    .refine(
      (text) => Buffer.byteLength(text) <= MOST_SEED_BYTES,
      `has more than the ${MOST_SEED_BYTES} bytes that a seed may carry: have the guest fetch what is larger`,
    )
    .refine((text) => begins.test(text), otherwise)
}

/** As it is kept and shown. */
const told = z.strictObject({ bytes: count })

export const guestSeed = strict({
  /** Left out: the guest's name. */
  hostname: hostName.optional(),
  sshKeys: sshKeys.default([]),
  userData: z.union([userData, told]).optional(),
  /** Left out: the first NIC by DHCP, as cloud-init does by itself. */
  networkConfig: z.union([networkConfig, told]).optional(),
})

export type GuestSeed = z.output<typeof guestSeed>

/** As a spec keeps it: without what may be a secret. */
export function secretless({ hostname, sshKeys: keys, userData: data, networkConfig: network }: GuestSeed): GuestSeed {
  return {
    ...(hostname === undefined ? {} : { hostname }),
    sshKeys: [...keys],
    ...(data === undefined ? {} : { userData: sized(data) }),
    ...(network === undefined ? {} : { networkConfig: sized(network) }),
  }
}

function sized(content: string | z.output<typeof told>): z.output<typeof told> {
  return typeof content === 'string' ? { bytes: Buffer.byteLength(content) } : content
}

/** What a host is called by a guest's name: underscores are no part of one. */
export function hostNameOf(guest: string): string {
  return guest.replaceAll('_', '-').replace(/[-.]+$/, '')
}
