//! Folds constants of ONNX models and simplifies what is left: the C interface of
//! libonnxfold with handles that free themselves. No dependencies.

use std::ffi::{c_char, c_int, c_void, CStr, CString};
use std::fmt;
use std::marker::PhantomData;
use std::path::Path;
use std::ptr;

/// The part of `onnxfold.h` that is used here.
#[allow(non_camel_case_types)]
pub mod ffi {
    use super::*;
    #[repr(C)]
    pub struct onnxfold_options {
        _private: [u8; 0],
    }
    #[repr(C)]
    pub struct onnxfold_model {
        _private: [u8; 0],
    }
    #[repr(C)]
    pub struct onnxfold_report {
        _private: [u8; 0],
    }
    #[repr(C)]
    pub struct onnxfold_buffer {
        _private: [u8; 0],
    }
    #[repr(C)]
    pub struct onnxfold_allocator {
        pub size: usize,
        pub allocate: extern "C" fn(*mut c_void, usize) -> *mut c_void,
        pub release: extern "C" fn(*mut c_void, *mut c_void, usize),
        pub user: *mut c_void,
    }
    extern "C" {
        pub fn onnxfold_version_string() -> *const c_char;
        pub fn onnxfold_status_name(status: i32) -> *const c_char;
        pub fn onnxfold_options_new(a: *const onnxfold_allocator, out: *mut *mut onnxfold_options) -> i32;
        pub fn onnxfold_options_free(o: *mut *mut onnxfold_options);
        pub fn onnxfold_options_set_int(o: *mut onnxfold_options, id: i32, value: i64) -> i32;
        pub fn onnxfold_options_list_add(o: *mut onnxfold_options, list: i32, text: *const c_char) -> i32;
        pub fn onnxfold_options_list_remove(o: *mut onnxfold_options, list: i32, text: *const c_char) -> i32;
        pub fn onnxfold_options_list_enable(o: *mut onnxfold_options, list: i32, on: c_int) -> i32;
        pub fn onnxfold_model_new(o: *const onnxfold_options, out: *mut *mut onnxfold_model) -> i32;
        pub fn onnxfold_model_free(m: *mut *mut onnxfold_model);
        pub fn onnxfold_model_load_file(m: *mut onnxfold_model, p: *const c_char, o: *const onnxfold_options) -> i32;
        pub fn onnxfold_model_load_memory(
            m: *mut onnxfold_model,
            data: *const c_void,
            size: usize,
            base_dir: *const c_char,
            o: *const onnxfold_options,
        ) -> i32;
        pub fn onnxfold_model_bind_symbol(m: *mut onnxfold_model, symbol: *const c_char, value: i64) -> i32;
        pub fn onnxfold_model_optimize(m: *mut onnxfold_model, o: *const onnxfold_options) -> i32;
        pub fn onnxfold_model_save_file(m: *mut onnxfold_model, p: *const c_char, o: *const onnxfold_options) -> i32;
        pub fn onnxfold_model_save_memory(
            m: *mut onnxfold_model,
            o: *const onnxfold_options,
            out: *mut *mut onnxfold_buffer,
        ) -> i32;
        pub fn onnxfold_model_error_message(m: *const onnxfold_model) -> *const c_char;
        pub fn onnxfold_model_error_node(m: *const onnxfold_model) -> *const c_char;
        pub fn onnxfold_model_report(m: *mut onnxfold_model) -> *const onnxfold_report;
        pub fn onnxfold_report_number(r: *const onnxfold_report, id: i32) -> u64;
        pub fn onnxfold_buffer_data(b: *const onnxfold_buffer) -> *const c_void;
        pub fn onnxfold_buffer_size(b: *const onnxfold_buffer) -> usize;
        pub fn onnxfold_buffer_free(b: *mut *mut onnxfold_buffer);
    }
}

/// `ONNXFOLD_OPT_*`
pub mod opt {
    pub const INPUT_SIZE_LIMIT: i32 = 100;
    pub const OUTPUT_SIZE_LIMIT: i32 = 101;
    pub const GROWTH_BUDGET: i32 = 102;
    pub const QUANTIZATION: i32 = 103;
    pub const EXACT: i32 = 105;
}
/// `ONNXFOLD_LIST_*`
pub mod list {
    pub const EXCLUDED_OPS: i32 = 1;
    pub const KEEP_NODES: i32 = 2;
    pub const FORCE_NODES: i32 = 3;
    pub const ONLY: i32 = 4;
    pub const SKIP: i32 = 5;
}
/// `ONNXFOLD_NUM_*`
pub mod num {
    pub const NODES_BEFORE: i32 = 1;
    pub const NODES_AFTER: i32 = 2;
    pub const FOLDED: i32 = 4;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    pub status: i32,
    pub message: String,
    pub node: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message)?;
        if !self.node.is_empty() {
            write!(f, " (node {})", self.node)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

fn text(p: *const c_char) -> String {
    // The library's texts are never NULL and end in NUL.
    unsafe { CStr::from_ptr(p) }.to_string_lossy().into_owned()
}

fn check(status: i32) -> Result<(), Error> {
    if status == 0 {
        return Ok(());
    }
    let message = text(unsafe { ffi::onnxfold_status_name(status) });
    Err(Error { status, message, node: String::new() })
}

fn c_text(s: &str) -> Result<CString, Error> {
    CString::new(s).map_err(|_| Error { status: 2, message: "NUL in text".into(), node: String::new() })
}

pub fn version() -> String {
    text(unsafe { ffi::onnxfold_version_string() })
}

pub struct Options(*mut ffi::onnxfold_options);

// A handle may move between threads, and shared ones are only read.
unsafe impl Send for Options {}
unsafe impl Sync for Options {}

impl Options {
    pub fn new() -> Result<Self, Error> {
        let mut o = ptr::null_mut();
        check(unsafe { ffi::onnxfold_options_new(ptr::null(), &mut o) })?;
        Ok(Options(o))
    }
    pub fn set(&mut self, id: i32, value: i64) -> Result<&mut Self, Error> {
        check(unsafe { ffi::onnxfold_options_set_int(self.0, id, value) })?;
        Ok(self)
    }
    pub fn add(&mut self, list: i32, item: &str) -> Result<&mut Self, Error> {
        let item = c_text(item)?;
        check(unsafe { ffi::onnxfold_options_list_add(self.0, list, item.as_ptr()) })?;
        Ok(self)
    }
    pub fn remove(&mut self, list: i32, item: &str) -> Result<&mut Self, Error> {
        let item = c_text(item)?;
        check(unsafe { ffi::onnxfold_options_list_remove(self.0, list, item.as_ptr()) })?;
        Ok(self)
    }
}

impl Drop for Options {
    fn drop(&mut self) {
        unsafe { ffi::onnxfold_options_free(&mut self.0) }
    }
}

/// A model; `'a` is the life of the bytes it was loaded from.
pub struct Model<'a> {
    handle: *mut ffi::onnxfold_model,
    bytes: PhantomData<&'a [u8]>,
}

unsafe impl Send for Model<'_> {}

impl<'a> Model<'a> {
    fn empty(o: &Options) -> Result<Self, Error> {
        let mut handle = ptr::null_mut();
        check(unsafe { ffi::onnxfold_model_new(o.0, &mut handle) })?;
        Ok(Model { handle, bytes: PhantomData })
    }
    fn done(&self, status: i32) -> Result<(), Error> {
        if status == 0 {
            return Ok(());
        }
        let (message, node) = unsafe {
            (text(ffi::onnxfold_model_error_message(self.handle)), text(ffi::onnxfold_model_error_node(self.handle)))
        };
        Err(Error { status, message, node })
    }
    pub fn from_file(path: impl AsRef<Path>, o: &Options) -> Result<Self, Error> {
        let path = c_text(&path.as_ref().to_string_lossy())?;
        let m = Self::empty(o)?;
        m.done(unsafe { ffi::onnxfold_model_load_file(m.handle, path.as_ptr(), o.0) })?;
        Ok(m)
    }
    /// The bytes are viewed, not copied.
    pub fn from_bytes(data: &'a [u8], o: &Options) -> Result<Self, Error> {
        let m = Self::empty(o)?;
        let p = data.as_ptr().cast();
        m.done(unsafe { ffi::onnxfold_model_load_memory(m.handle, p, data.len(), ptr::null(), o.0) })?;
        Ok(m)
    }
    pub fn bind(&mut self, symbol: &str, value: i64) -> Result<(), Error> {
        let symbol = c_text(symbol)?;
        self.done(unsafe { ffi::onnxfold_model_bind_symbol(self.handle, symbol.as_ptr(), value) })
    }
    pub fn optimize(&mut self, o: &Options) -> Result<(), Error> {
        self.done(unsafe { ffi::onnxfold_model_optimize(self.handle, o.0) })
    }
    pub fn save(&mut self, path: impl AsRef<Path>, o: &Options) -> Result<(), Error> {
        let path = c_text(&path.as_ref().to_string_lossy())?;
        self.done(unsafe { ffi::onnxfold_model_save_file(self.handle, path.as_ptr(), o.0) })
    }
    pub fn to_bytes(&mut self, o: &Options) -> Result<Vec<u8>, Error> {
        let mut b = ptr::null_mut();
        self.done(unsafe { ffi::onnxfold_model_save_memory(self.handle, o.0, &mut b) })?;
        unsafe {
            let (p, n) = (ffi::onnxfold_buffer_data(b).cast::<u8>(), ffi::onnxfold_buffer_size(b));
            let v = if n == 0 { Vec::new() } else { std::slice::from_raw_parts(p, n).to_vec() };
            ffi::onnxfold_buffer_free(&mut b);
            Ok(v)
        }
    }
    /// One of `num`, of what happened since the load.
    pub fn number(&mut self, id: i32) -> u64 {
        unsafe { ffi::onnxfold_report_number(ffi::onnxfold_model_report(self.handle), id) }
    }
}

impl Drop for Model<'_> {
    fn drop(&mut self) {
        unsafe { ffi::onnxfold_model_free(&mut self.handle) }
    }
}
