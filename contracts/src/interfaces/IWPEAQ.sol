// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Native PEAQ as an ERC-20.
/// @dev Source: chain specification; on peaq the precompile 0x809 answers it, on a devnet src/WPEAQ.sol.
interface IWPEAQ is IERC20 {
    /// @notice Wraps the value sent into the same amount of tokens for the caller.
    function deposit() external payable;

    /// @notice Burns `amount` tokens of the caller and pays them out in native PEAQ.
    function withdraw(uint256 amount) external;
}
