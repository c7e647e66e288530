//! Where a shop's folder lies: in a folder, on a disk whose power can go, on a disk that can be full.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::Cutter;

/// A place for a data folder. It is gone when it is dropped.
pub struct Place {
    folder: TempDir,
    mount: Option<Mount>,
}

struct Mount {
    options: Vec<String>,
    at: PathBuf,
}

impl Place {
    /// A folder.
    ///
    /// # Errors
    /// Why there is none.
    pub fn folder(work: &Path) -> Result<Self, String> {
        let folder = tempfile::Builder::new().prefix("kassa-faults-").tempdir_in(work);
        let folder = folder.map_err(|error| format!("{}: {error}", work.display()))?;
        Ok(Self { folder, mount: None })
    }

    /// An ext4 file system of its own, on a loop device.
    ///
    /// # Errors
    /// What is missing for it.
    pub fn ext4(work: &Path, megabytes: u64) -> Result<Self, String> {
        let place = Self::folder(work)?;
        let image = place.folder.path().join("image");
        let file = File::create(&image).map_err(|error| error.to_string())?;
        file.set_len(megabytes << 20).map_err(|error| error.to_string())?;
        run(Command::new("mkfs.ext4").arg("-q").arg(&image))?;
        place.mounted(["-t", "ext4", "-o", "loop"].map(str::to_owned).into(), &image.to_string_lossy())
    }

    /// A disk of so many megabytes whose power can go.
    ///
    /// # Errors
    /// What this machine lacks.
    pub fn with_power(work: &Path, megabytes: u64) -> Result<Self, String> {
        let place = Self::ext4(work, megabytes)?;
        // Shown once on the new disk: without it a cut would be a kill and no more.
        Cutter::at(place.root())?.cut()?;
        place.remount();
        Ok(place)
    }

    /// A file system in memory that holds so much and no more.
    ///
    /// # Errors
    /// What is missing for it.
    pub fn tmpfs(work: &Path, megabytes: u64) -> Result<Self, String> {
        let size = format!("size={megabytes}m");
        Self::folder(work)?.mounted(["-t", "tmpfs", "-o", &size].map(str::to_owned).into(), "tmpfs")
    }

    fn mounted(mut self, mut options: Vec<String>, source: &str) -> Result<Self, String> {
        let at = self.folder.path().join("disk");
        fs::create_dir(&at).map_err(|error| error.to_string())?;
        options.push(source.to_owned());
        mount(&options, &at)?;
        self.mount = Some(Mount { options, at });
        Ok(self)
    }

    /// The root of the file system, or the folder.
    pub fn root(&self) -> &Path {
        self.mount.as_ref().map_or(self.folder.path(), |mount| &mount.at)
    }

    /// The data folder in it.
    pub fn data(&self) -> PathBuf {
        self.root().join("data")
    }

    /// Unmounts and mounts: the journal is replayed.
    pub fn remount(&self) {
        let mount = self.mount.as_ref().expect("it is mounted");
        mount.unmount().expect("it can be unmounted");
        self::mount(&mount.options, &mount.at).expect("it can be mounted again");
    }
}

impl Mount {
    fn unmount(&self) -> Result<(), String> {
        run(Command::new("umount").arg(&self.at))
    }
}

impl Drop for Mount {
    #[expect(clippy::print_stdout, reason = "whoever struck has to unmount it by hand")]
    fn drop(&mut self) {
        if let Err(error) = self.unmount() {
            println!("  {} stays mounted: {error}", self.at.display());
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Before its folder is removed.
        self.mount = None;
    }
}

fn mount(options: &[String], at: &Path) -> Result<(), String> {
    run(Command::new("mount").args(options).arg(at))
}

/// Runs a program of the system.
///
/// # Errors
/// What it complained of.
pub fn run(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => format!("there is no {name}"),
        _ => format!("{name}: {error}"),
    })?;
    if output.status.success() {
        return Ok(());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(format!("{name}: {}", complaint.lines().next().unwrap_or("failed")))
}
