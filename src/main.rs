//! The `strongroom` command.

fn main() -> std::process::ExitCode {
    strongroom::cli::run(std::env::args_os())
}
