//! Memory that is given back is zero: a global allocator that wipes every block when it is freed or
//! moved, so that what a dependency leaves in its buffers does not outlive them; and a process that
//! leaves no core file.
//!
//! This does not reach the stack, registers, swap, or memory still in use.
#![expect(
    unsafe_code,
    reason = "the allocator's trait is unsafe; the only such file"
)]

use std::alloc::GlobalAlloc;
use std::alloc::Layout;
use std::alloc::System;
use std::fmt;
use std::io;
use std::ptr;
use std::slice;

/// An allocator, the system's by default, with every block set to zero before it goes back.
pub struct WipeOnFree<A = System>(A);

impl WipeOnFree {
    /// The system's allocator, wiping.
    pub const SYSTEM: Self = Self(System);
}

impl<A> fmt::Debug for WipeOnFree<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WipeOnFree")
    }
}

// SAFETY: every block is the inner allocator's own, of the layout asked for, and goes back to it with
// that layout; nothing here allocates or panics.
unsafe impl<A: GlobalAlloc> GlobalAlloc for WipeOnFree<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are passed on.
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are passed on.
        unsafe { self.0.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block is live, has this layout, and is used by nobody after this.
        unsafe {
            wipe(block, layout.size());
            self.0.dealloc(block, layout);
        }
    }

    /// Always moves: the inner allocator might move the block by itself and leave the old bytes behind.
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller promises that the rounded new size does not overflow and is not zero; the
        // new block is another one than the live old one, and both hold at least the bytes copied.
        unsafe {
            let new_layout = Layout::from_size_align_unchecked(new_size, layout.align());
            let new_block = self.0.alloc(new_layout);
            if !new_block.is_null() {
                ptr::copy_nonoverlapping(block, new_block, layout.size().min(new_size));
                self.dealloc(block, layout);
            }
            new_block
        }
    }
}

/// Sets `length` bytes to zero, also where the compiler sees that nobody reads them.
///
/// # Safety
/// `block` must be valid for writes of `length` bytes, and nobody else may be using them.
unsafe fn wipe(block: *mut u8, length: usize) {
    // SAFETY: as the caller promises; once written, the bytes are initialised and may be lent.
    let zeros = unsafe {
        ptr::write_bytes(block, 0, length);
        slice::from_raw_parts(block, length)
    };
    // Without this the writes are dead stores before a free, which compilers leave out.
    zeroize::optimization_barrier(zeros);
}

/// Forbids core files of this process and, on Linux, its inspection by other processes of the same
/// user (`ptrace`, `/proc/PID/mem`). Call it before any secret is read.
///
/// # Errors
/// The system's, where it refuses. Both measures are tried.
pub fn harden_process() -> io::Result<()> {
    let nothing = rustix::process::Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let core = rustix::process::setrlimit(rustix::process::Resource::Core, nothing);
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    core.map_err(io::Error::from)
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::process::Command;
    use std::sync::atomic::AtomicUsize;
    use std::sync::atomic::Ordering;

    use super::*;

    /// Sees every block as it comes back.
    #[derive(Default)]
    struct Watch {
        freed: AtomicUsize,
        secret: AtomicUsize,
    }

    // SAFETY: the system's blocks, passed on.
    unsafe impl GlobalAlloc for Watch {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            // SAFETY: passed on.
            unsafe { System.alloc(layout) }
        }

        unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
            // SAFETY: the tests write every byte of every block, and it is still live.
            let left = unsafe { slice::from_raw_parts(block, layout.size()) };
            let secret = left.iter().filter(|byte| **byte != 0).count();
            self.secret.fetch_add(secret, Ordering::Relaxed);
            self.freed.fetch_add(layout.size(), Ordering::Relaxed);
            // SAFETY: passed on.
            unsafe { System.dealloc(block, layout) }
        }
    }

    /// Allocates, fills, moves to each of `sizes` in turn, checks what was moved, fills again, frees.
    fn use_block(allocator: &impl GlobalAlloc, align: usize, sizes: &[usize]) {
        let layout = |size| Layout::from_size_align(size, align).unwrap();
        let mut size = sizes[0];
        // SAFETY: the layouts are those the block has at each step; sizes are not zero; only bytes of
        // the block are touched.
        unsafe {
            let mut block = allocator.alloc(layout(size));
            ptr::write_bytes(block, 0xa7, size);
            for &next in &sizes[1..] {
                block = allocator.realloc(block, layout(size), next);
                assert_eq!(block.addr() % align, 0);
                let moved = slice::from_raw_parts(block, size.min(next));
                assert!(moved.iter().all(|byte| *byte == 0xa7));
                ptr::write_bytes(block, 0xa7, next);
                size = next;
            }
            allocator.dealloc(block, layout(size));
        }
    }

    #[test]
    fn blocks_go_back_empty() {
        let cases: [&[usize]; 6] = [
            &[1],
            &[1000],
            &[300_000],
            &[16, 32, 64, 4096, 1_000_000],
            &[1_000_000, 500_000, 7],
            &[64, 64],
        ];
        for align in [1, 8, 64, 4096] {
            for sizes in cases {
                let allocator = WipeOnFree(Watch::default());
                use_block(&allocator, align, sizes);
                let watch = &allocator.0;
                let freed = watch.freed.load(Ordering::Relaxed);
                assert_eq!(freed, sizes.iter().sum::<usize>());
                assert_eq!(watch.secret.load(Ordering::Relaxed), 0, "{align} {sizes:?}");
            }
        }
    }

    /// The same test without the protection sees what it leaves.
    #[test]
    fn blocks_go_back_full_without_it() {
        let watch = Watch::default();
        use_block(&watch, 8, &[1000, 2000]);
        assert_eq!(watch.secret.load(Ordering::Relaxed), 3000);
    }

    #[test]
    fn asked_for_zeros_it_gives_them() {
        let layout = Layout::from_size_align(5000, 16).unwrap();
        // SAFETY: a block of this layout, read while live.
        unsafe {
            let block = WipeOnFree::SYSTEM.alloc_zeroed(layout);
            let bytes = slice::from_raw_parts(block, layout.size());
            assert!(bytes.iter().all(|byte| *byte == 0));
            WipeOnFree::SYSTEM.dealloc(block, layout);
        }
    }

    /// In a child, for it changes the process.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_hardened_process_leaves_no_core() {
        use rustix::process::DumpableBehavior;
        use rustix::process::Resource;
        const CHILD: &str = "STRONGROOM_TEST_HARDEN";
        if env::var_os(CHILD).is_some() {
            harden_process().unwrap();
            let limit = rustix::process::getrlimit(Resource::Core);
            assert_eq!((limit.current, limit.maximum), (Some(0), Some(0)));
            let dumpable = rustix::process::dumpable_behavior().unwrap();
            assert_eq!(dumpable, DumpableBehavior::NotDumpable);
            return;
        }
        let name = "sealing::wipe::tests::a_hardened_process_leaves_no_core";
        let child = Command::new(env::current_exe().unwrap())
            .args(["--exact", name])
            .env(CHILD, "1")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&child.stdout);
        assert!(
            child.status.success() && said.contains("1 passed"),
            "{said}"
        );
    }
}
