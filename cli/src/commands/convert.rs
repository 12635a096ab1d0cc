//! `tracecast convert`: a model in another format.

use tracecast_model::{lqn, native};

use super::{Session, lqn_text, require_valid};
use crate::args::Convert;
use crate::exit::{Exit, Failure};
use crate::{input, output};

pub(super) fn run(args: &Convert, session: &Session) -> Result<Exit, Failure> {
    let place = args.output.display();
    let writes_lqn = match args.output.extension().and_then(|extension| extension.to_str()) {
        Some("json") => false,
        Some("lqnx") => true,
        Some("lqn" | "xlqn") => {
            return Err(
                Failure::at(place, "unsupported: LQN text is read but not written").hint("write .lqnx")
            );
        }
        _ => return Err(Failure::at(place, "models are written as .json or .lqnx")),
    };
    let system = input::model(&args.input)?;
    let text = if writes_lqn {
        require_valid(&args.input.display().to_string(), &system)?;
        lqn_text(lqn::write_xml(&system), &args.input, session)?
    } else {
        native::write(&system)
    };
    output::write(&args.output, text.as_bytes())?;
    Ok(Exit::Done)
}
