// The table vm_images: how images of guests' disks are called. What is in them lies in the folder of their id (manager/vm-images).
import type { Kysely } from 'kysely'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

/** How images of guests' disks are called. */
export interface VmImagesTable {
  name: string
  /** Its id: the hash of its list of blocks. */
  image: string
  format: string
  notes: string
  added: number
  added_by: string
  /** Of a kernel: the id of the initrd that goes with it. */
  initrd: string | null
}

declare module '../schema.ts' {
  interface Tables {
    vm_images: VmImagesTable
  }
}

export const vmImagesSteps: Steps = { 12: createVmImages, 20: addInitrds }

async function createVmImages({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('vm_images')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('image', 'text', (column) => column.notNull())
    .addColumn('format', 'text', (column) => column.notNull())
    .addColumn('notes', 'text', (column) => column.notNull())
    .addColumn('added', 'bigint', (column) => column.notNull())
    .addColumn('added_by', 'text', (column) => column.notNull())
    .execute()
  await schema.createIndex('vm_images_by_image').on('vm_images').column('image').execute()
}

async function addInitrds({ schema }: Kysely<Tables>): Promise<void> {
  await schema.alterTable('vm_images').addColumn('initrd', 'text').execute()
}

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
