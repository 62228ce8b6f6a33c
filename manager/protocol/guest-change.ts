// What is to be other of a guest, for who does not say the whole of it: what is left out stays. Pure.
import { z } from 'zod'
import { bootChange } from './guest-boot.ts'
import { diskSpec, guestSpec, nicSpec, vdev } from './guest-spec.ts'
import { list, mac } from './values.ts'

const said = guestSpec.shape
const grown = z.strictObject({ vdev, size: diskSpec.shape.size })

export const guestChange = z.strictObject({
  name: said.name.optional(),
  notes: said.notes.unwrap().optional(),
  tags: said.tags.unwrap().optional(),
  groups: said.groups.unwrap().optional(),
  vcpus: said.vcpus.unwrap().optional(),
  maxVcpus: said.maxVcpus,
  memory: said.memory.optional(),
  maxMemory: said.maxMemory,
  boot: bootChange.optional(),
  cpu: said.cpu.unwrap().optional(),
  restart: said.restart.unwrap().optional(),
  startOrder: said.startOrder.unwrap().optional(),
  startDelay: said.startDelay.unwrap().optional(),
  addDisks: list(diskSpec, 26).default([]),
  growDisks: list(grown, 26).default([]),
  removeDisks: list(vdev, 26).default([]),
  addNics: list(nicSpec, 16).default([]),
  removeNics: list(mac, 16).default([]),
})

export type GuestChange = z.output<typeof guestChange>
