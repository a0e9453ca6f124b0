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

/// The system's allocator, with every block set to zero before it goes back.
pub struct WipeOnFree;

impl fmt::Debug for WipeOnFree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WipeOnFree")
    }
}

// SAFETY: every block is the system allocator's own, of the layout asked for, and goes back to it with
// that layout; nothing here allocates or panics.
unsafe impl GlobalAlloc for WipeOnFree {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block is live, has this layout, and is used by nobody after this.
        unsafe {
            wipe(block, layout.size());
            System.dealloc(block, layout);
        }
    }

    /// Always moves: the system might move by itself and leave the old bytes behind.
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller promises that the rounded new size does not overflow and is not zero; the
        // new block is another one than the live old one, and both hold at least the bytes copied.
        unsafe {
            let new_layout = Layout::from_size_align_unchecked(new_size, layout.align());
            let new_block = System.alloc(new_layout);
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
