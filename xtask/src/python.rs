//! A Python with the emulator's packages, made once under `target`.

use crate::{Result, workspace};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const FETCH_PIP: &str = include_str!("../python/fetch_pip.py");
const REQUIREMENTS: &str = include_str!("../emulator-requirements.txt");
const ADVICE: &str =
    "The emulator needs Python 3.11 or newer as `python3` (or as named by $PYTHON) and a way to the package index.";

/// An interpreter and where it finds packages.
pub struct Python {
    program: PathBuf,
    packages: Option<PathBuf>,
}

impl Python {
    /// Returns the interpreter, installing the packages first if they are missing or others than required.
    pub fn ready() -> Result<Self> {
        let home = workspace::target().join("emulator-venv");
        let stamp = home.join("requirements.txt");
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == REQUIREMENTS) {
            return Ok(Self::at(&home));
        }
        println!("Installing the emulator into {}", home.display());
        Self::install(&home).map_err(|error| format!("{error}\n{ADVICE}"))?;
        write(&stamp, REQUIREMENTS)?;
        Ok(Self::at(&home))
    }

    /// Makes a command that runs a script given as text.
    pub fn script(&self, text: &str) -> Command {
        let mut command = Command::new(&self.program);
        if let Some(packages) = &self.packages {
            command.env("PYTHONPATH", packages);
        }
        command.arg("-c").arg(text);
        command
    }

    fn at(home: &Path) -> Self {
        let packages = home.join("packages");
        if packages.is_dir() {
            return Self { program: system(), packages: Some(packages) };
        }
        Self { program: home.join("bin/python"), packages: None }
    }

    fn install(home: &Path) -> Result<()> {
        if home.exists() {
            fs::remove_dir_all(home).map_err(|error| format!("cannot remove {}: {error}", home.display()))?;
        }
        let requirements = workspace::root().join("xtask/emulator-requirements.txt");
        let venv = workspace::output(Command::new(system()).args(["-m", "venv"]).arg(home));
        if venv.is_ok() {
            let mut pip = Command::new(home.join("bin/python"));
            return install_with(pip.args(["-m", "pip"]), &requirements, &[]);
        }
        let packages = home.join("packages");
        println!("This Python makes no virtual environment (no `ensurepip`); installing into a plain folder instead");
        fs::create_dir_all(&packages).map_err(|error| format!("cannot make {}: {error}", packages.display()))?;
        let into = [Path::new("--target"), &packages];
        let mut pip = Command::new(system());
        if workspace::output(Command::new(system()).args(["-m", "pip", "--version"])).is_ok() {
            return install_with(pip.args(["-m", "pip"]), &requirements, &into);
        }
        let wheel = home.join("pip-26.3-py3-none-any.whl");
        workspace::output(Command::new(system()).args(["-c", FETCH_PIP]).arg(&wheel))?;
        install_with(pip.arg(wheel.join("pip")), &requirements, &into)
    }
}

fn install_with(pip: &mut Command, requirements: &Path, more: &[&Path]) -> Result<()> {
    let fixed = ["install", "--quiet", "--disable-pip-version-check", "-r"];
    workspace::output(pip.args(fixed).arg(requirements).args(more)).map(drop)
}

/// Returns the interpreter of the machine, without the emulator's packages.
pub fn system() -> PathBuf {
    std::env::var_os("PYTHON").map_or_else(|| "python3".into(), PathBuf::from)
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
}
