//! Optimizes a file in memory: `optimize IN.onnx OUT.onnx`.
use onnxfold::{num, opt, Model, Options};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    if args.len() != 3 {
        return Err("usage: optimize IN.onnx OUT.onnx".into());
    }
    let mut o = Options::new()?;
    o.set(opt::INPUT_SIZE_LIMIT, 1 << 20)?;
    let data = std::fs::read(&args[1])?;
    let mut m = Model::from_bytes(&data, &o)?;
    m.optimize(&o)?;
    std::fs::write(&args[2], m.to_bytes(&o)?)?;
    println!("{} -> {} nodes", m.number(num::NODES_BEFORE), m.number(num::NODES_AFTER));
    Ok(())
}
