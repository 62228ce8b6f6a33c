// The table vm_images: how images of guests' disks are called. What is in them lies in the folder of their id (manager/vm-images).
import type { Kysely } from 'kysely'
import type { Transaction } from '../database.ts'
import type { VmImagesTable } from '../schema/guests.ts'
import type { Tables } from '../schema.ts'

export interface NamedImage {
  readonly name: string
  /** Of its list of blocks; several names may mean one image. */
  readonly image: string
  /** Of the file that it was made of; `kernel`: it is one. */
  readonly format: string
  /** The id of what goes with a kernel. */
  readonly initrd?: string | undefined
  readonly notes: string
  readonly added: number
  readonly by: string
}

export async function allNamedImages(db: Kysely<Tables>): Promise<readonly NamedImage[]> {
  return (await db.selectFrom('vm_images').selectAll().orderBy('name').execute()).map(recordOf)
}

export async function namedImage(db: Kysely<Tables>, name: string): Promise<NamedImage | undefined> {
  const row = await db.selectFrom('vm_images').selectAll().where('name', '=', name).executeTakeFirst()
  return row && recordOf(row)
}

export async function nameImage(transaction: Transaction, { name, image, format, initrd, notes, added, by }: NamedImage): Promise<void> {
  await transaction
    .insertInto('vm_images')
    .values({ name, image, format, initrd: initrd ?? null, notes, added, added_by: by })
    .execute()
}

export async function unnameImage(transaction: Transaction, name: string): Promise<void> {
  await transaction.deleteFrom('vm_images').where('name', '=', name).execute()
}

function recordOf({ name, image, format, initrd, notes, added, added_by }: VmImagesTable): NamedImage {
  return { name, image, format, initrd: initrd ?? undefined, notes, added, by: added_by }
}
