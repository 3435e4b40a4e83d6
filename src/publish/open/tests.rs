mod golden;
mod publisher;
mod samples;
mod table;
mod walk;
