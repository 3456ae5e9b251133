import { closeSync, constants, ftruncateSync, openSync, unlinkSync } from 'node:fs';
import { AppError } from '@cloudstage/protocol';
import { koffi } from './native-library.js';

/** Memory shared with the X server: an unlinked tmpfs file, mapped into this process as well. */
export interface SharedMapping {
  /** Descriptor to hand to the server. Owned by the mapping. */
  readonly fd: number;
  /** Address of the first byte; valid until {@link close}. */
  readonly address: bigint;
  readonly bytes: number;
  close(): void;
}

/** Maps shared memory without copying: reading a 1080p picture through the file would cost 1 ms a frame. */
export interface MemoryMapper {
  map(bytes: number): SharedMapping;
  /** A view of mapped memory as a Buffer; valid as long as the mapping. */
  view(address: bigint, bytes: number): Buffer;
}

const protReadWrite = 3;
const mapShared = 1;
const mapFailed = 0xffff_ffff_ffff_ffffn;

/** Binds mmap and munmap of the C library. */
export function createMemoryMapper(): MemoryMapper {
  const libc = koffi.load(null);
  const mmap = libc.func('uintptr_t mmap(void*, size_t, int, int, int, int64_t)');
  const munmap = libc.func('int munmap(uintptr_t, size_t)');
  let created = 0;
  return {
    map: (bytes) => {
      const path = `/dev/shm/cloudstage-${process.pid}-${created++}`;
      const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
      unlinkSync(path);
      let address: bigint;
      try {
        ftruncateSync(fd, bytes);
        address = BigInt(mmap(null, bytes, protReadWrite, mapShared, fd, 0) as number | bigint);
        if (address === mapFailed) throw new AppError('out-of-memory', `cannot map ${bytes} bytes of shared memory`);
      } catch (error) {
        closeSync(fd);
        throw error;
      }
      let open = true;
      return {
        fd,
        address,
        bytes,
        close: () => {
          if (!open) return;
          open = false;
          munmap(address, bytes);
          closeSync(fd);
        },
      };
    },
    view: (address, bytes) => Buffer.from(koffi.view(address, bytes)),
  };
}
